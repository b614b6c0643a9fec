import { SLOT } from '../../domain/protocol/compact.js';
import { Graph } from '../graph/graph.js';
import { slice } from '../graph/ops.js';
import { boxLogits } from './heads.js';
import { cacheOutputs, promptOutputs, rememberedLength } from './memory.js';
import { parameterInputs } from './params.js';
import { LOOK_TOKENS, type BatchShape, type PolicySpec } from './spec.js';
import { causalMask, embedSequence, layers, promptInputs } from './trunk.js';

/**
 * The memory of B rollouts after `looks` turns, from what they have seen and said: for a sampler that did not sample these
 * turns itself. The same bits as if it had.
 *
 * Inputs: the prompt, `actions` int32 [B, looks, 7], and of all looks but the last `lookKinds` int32 [B, looks − 1] and
 * `seen` [B · (looks − 1), 18, D]. Outputs: the memory (memory.ts).
 */
export function recallGraph(spec: PolicySpec, { batch, looks }: BatchShape): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const prompt = promptInputs(g, batch);
  const actions = g.input('actions', 'int32', [batch, looks, SLOT]);
  const looked = looks - 1;
  const lookKinds = looked > 0 ? g.input('lookKinds', 'int32', [batch, looked]) : null;
  const seen = looked > 0 ? g.input('seen', 'float32', [batch * looked, LOOK_TOKENS, spec.width]) : null;
  const length = rememberedLength(looks);
  const x = slice(g, embedSequence(g, p, { ...prompt, actions, lookKinds, seen }), 1, 0, length);
  const { caches, frames, middle } = layers(g, spec, p, x, causalMask(g, length));
  cacheOutputs(g, caches, [...Array(looks).keys()]);
  promptOutputs(g, frames!, boxLogits(g, p, middle));
  return g;
}
