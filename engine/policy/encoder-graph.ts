import { Graph } from '../graph/graph.js';
import { meanAxis } from '../graph/ops.js';
import { parameterInputs } from './params.js';
import { CLIP, CROP, type PolicySpec } from './spec.js';
import { clipTokens, cropTokens } from './vision.js';

/**
 * The policy's vision stem over N pictures of one kind, uint8 [N, width · height]: `tokens` [N, 18, D], as a sequence takes
 * them in, and `features` [N, D], their mean.
 */
export function encoderGraph(spec: PolicySpec, kind: 'clip' | 'crop', count: number): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const size = kind === 'clip' ? CLIP : CROP;
  const pictures = g.input('pictures', 'uint8', [count, size.widthPx * size.heightPx]);
  const tokens = kind === 'clip' ? clipTokens(g, p, pictures) : cropTokens(g, p, pictures);
  g.output('tokens', tokens);
  g.output('features', meanAxis(g, tokens, 1));
  return g;
}
