import { MAX_FRAMES } from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import { linear } from '../graph/linear.js';
import { batchMatMul, concat, normalize, reshape, slice, softmax } from '../graph/ops.js';
import { sceneRows } from './heads.js';
import { dOf, param, type Parameters } from './params.js';

/** Each frame's key and value, [B, 8, D], from its thumbnail halfway through the network. */
export interface FrameCache {
  readonly key: Value;
  readonly value: Value;
}

export function frameCache(g: Graph, p: Parameters, middle: Value): FrameCache {
  const [batch] = middle.shape as [number];
  const d = dOf(p);
  const rows = sceneRows(g, middle);
  const project = (name: string): Value =>
    reshape(g, linear(g, rows, param(p, `glance.${name}`)), [batch, MAX_FRAMES, d]);
  return { key: project('key'), value: project('value') };
}

/**
 * Every position glances at the eight frames once, halfway. What it has in mind is trained directly, for the same
 * scores are the logits of the frame tokens: attention alone found the asked frame in no run (its loss stayed at ln 8,
 * since where to look and what to copy from there have to be learnt at once).
 */
export function glanceAt(
  g: Graph,
  p: Parameters,
  x: Value,
  frames: FrameCache,
): { readonly out: Value; readonly scores: Value } {
  const [batch, length, d] = x.shape as [number, number, number];
  const flat = reshape(g, normalize(g, x), [batch * length, d]);
  const query = reshape(g, linear(g, flat, param(p, 'glance.query')), [batch, length, d]);
  const rows = length === 1 ? concat(g, [query, query], 1) : query;
  const scores = batchMatMul(g, rows, frames.key, { transB: true, alpha: 1 / Math.sqrt(d) });
  const mixed = batchMatMul(g, softmax(g, scores), frames.value);
  const own = (y: Value): Value => (length === 1 ? slice(g, y, 1, 0, 1) : y);
  return { out: own(mixed), scores: own(scores) };
}
