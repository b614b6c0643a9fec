import { Graph } from '../graph/graph.js';
import { meanAxis, reshape } from '../graph/ops.js';
import { parameterInputs } from './params.js';
import { CLIP, CROP, LOOK_TOKENS, type PolicySpec } from './spec.js';
import { clipTokens, cropTokens } from './vision.js';

/** Features of N pictures by the policy's own vision stem: the mean of their tokens, `features` [N, D]. */
export function embeddingGraph(spec: PolicySpec, kind: 'clip' | 'crop', batch: number): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const size = kind === 'clip' ? CLIP : CROP;
  const pictures = g.input('pictures', 'uint8', [batch, size.widthPx * size.heightPx]);
  const tokens = kind === 'clip' ? clipTokens(g, p, pictures) : cropTokens(g, p, pictures);
  g.output('features', meanAxis(g, reshape(g, tokens, [batch, LOOK_TOKENS, spec.width]), 1));
  return g;
}
