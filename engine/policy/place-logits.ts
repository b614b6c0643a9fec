import {
  EDGE_PLACE,
  FIRST_BIN,
  FIRST_FRAME,
  FRAME_PLACE,
  MAX_FRAMES,
} from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import { add, batchMatMul, concat, reshape, slice } from '../graph/ops.js';
import { actionLogits, copiedEdge, frameOneHot, onTokens, TOP_EDGE } from './heads.js';
import type { Parameters } from './params.js';
import { BOX_BINS, MAX_ROWS } from './spec.js';

/** Logits of one place: the head's own, with the frames that the glance has in mind or the edges of the named frame. */
export function placeLogits(
  g: Graph,
  p: Parameters,
  at: {
    readonly place: number;
    readonly last: Value;
    readonly scores: Value;
    readonly boxes: Value;
    readonly shown: Value | null;
    readonly named: Value | null;
  },
): Value {
  const own = actionLogits(g, p, at.last);
  // The sums are the trainer's, zeros included: x + 0 is x, so a place adds only what is not zero there.
  if (at.place === FRAME_PLACE) return add(g, own, onTokens(g, at.scores, FIRST_FRAME));
  const edge = at.place - EDGE_PLACE;
  if (!at.named || edge < 0 || edge >= 4) return own;
  const [batch] = at.last.shape as [number];
  const hot = reshape(g, frameOneHot(g, at.named), [batch, 1, MAX_FRAMES]);
  const chosen = batchMatMul(g, concat(g, [hot, hot], 1), at.boxes);
  const one = reshape(g, slice(g, chosen, 1, 0, 1), [batch, MAX_ROWS, 4, BOX_BINS]);
  const ofEdge = (index: number): Value =>
    reshape(g, slice(g, one, 2, index, index + 1), [batch, MAX_ROWS * BOX_BINS]);
  const copied = copiedEdge(g, p, at.last, {
    boxes: ofEdge(edge),
    tops: ofEdge(TOP_EDGE),
    shown: at.shown,
  });
  return add(g, own, onTokens(g, copied, FIRST_BIN));
}
