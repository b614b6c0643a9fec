import { ACTION_TOKENS, SLOT } from '../../domain/protocol/compact.js';
import { SLOT_GRAMMAR } from '../../domain/protocol/grammar.js';
import type { Graph, Value } from '../graph/graph.js';
import { add, concat, reshape, slice } from '../graph/ops.js';

/**
 * A policy with `grammar` speaks only the protocol: what may not be said gets a logit so low that its probability
 * is exactly 0. Sampler and trainer mask alike, so log-probabilities are those of the masked distribution in both.
 */

const FORBIDDEN = -1e9;

/** State of the automaton at the beginning of a slot, int32 [N]. */
export function startState(g: Graph, n: number): Value {
  return g.int32s(new Array<number>(n).fill(0), [n]);
}

/** State after `token` int32 [N] in `state` int32 [N]; a token that may not be said leads to the start, whatever follows. */
export function nextState(g: Graph, state: Value, token: Value): Value {
  const table = g.int32s(
    Array.from(SLOT_GRAMMAR.next, (to) => Math.max(0, to)),
    [SLOT_GRAMMAR.next.length],
  );
  const row = g.apply('Mul', [state, g.int32s([ACTION_TOKENS], [1])], 'int32', state.shape);
  const index = g.apply('Add', [row, token], 'int32', state.shape);
  return g.apply('Gather', [table, index], 'int32', state.shape, { axis: { int: 0 } });
}

/** Logits [N, ACTION_TOKENS] under the automaton's state int32 [N]. */
export function masked(g: Graph, logits: Value, state: Value): Value {
  const { states, next } = SLOT_GRAMMAR;
  const penalties = g.floats(
    Float32Array.from(next, (to) => (to < 0 ? FORBIDDEN : 0)),
    [states, ACTION_TOKENS],
  );
  const [n] = state.shape as [number];
  const row = g.apply('Gather', [penalties, state], 'float32', [n, ACTION_TOKENS], { axis: { int: 0 } });
  return add(g, logits, row);
}

/** Logits [B · slots · 7, ACTION_TOKENS] of given actions int32 [B, slots, 7], each under what its slot said before. */
export function maskedSlots(g: Graph, logits: Value, actions: Value): Value {
  const [batch, slots] = actions.shape as [number, number];
  const n = batch * slots;
  let state = startState(g, n);
  const states: Value[] = [];
  for (let place = 0; place < SLOT; place++) {
    states.push(reshape(g, state, [n, 1]));
    const token = reshape(g, slice(g, actions, 2, place, place + 1), [n]);
    state = nextState(g, state, token);
  }
  return masked(g, logits, reshape(g, concat(g, states, 1), [n * SLOT]));
}
