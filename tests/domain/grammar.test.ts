import { describe, expect, it } from 'vitest';
import {
  ACTION_TOKENS,
  decodeSlot,
  encodeAction,
  END,
  FIRST_BIN,
  PAD,
  SLOT,
} from '../../domain/protocol/compact.js';
import { SLOT_GRAMMAR } from '../../domain/protocol/grammar.js';
import { stream } from '../../domain/seeds.js';
import type { Action } from '../../domain/trajectory.js';

/** Follows the automaton; null where a token may not be said. */
function read(tokens: readonly number[]): number | null {
  let state = 0;
  for (const token of tokens) {
    state = SLOT_GRAMMAR.next[state * ACTION_TOKENS + token]!;
    if (state < 0) return null;
  }
  return state;
}

function allowed(state: number): readonly number[] {
  return [...Array(ACTION_TOKENS).keys()].filter(
    (token) => SLOT_GRAMMAR.next[state * ACTION_TOKENS + token]! >= 0,
  );
}

describe('the grammar of a slot', () => {
  it.each<Action>([
    { tool: 'clip', targetFrames: [1] },
    { tool: 'clip', targetFrames: [8] },
    { tool: 'crop', targetFrame: 3, bbox01: [0, 0, 1, 1] },
    { tool: 'crop', targetFrame: 8, bbox01: [0.25, 0.5, 0.3125, 0.5625] },
    { tool: 'answer', text: '7' },
    { tool: 'answer', text: 'A1Z9' },
  ])('lets every action be said: %o', (action) => {
    expect(read(encodeAction(action))).not.toBeNull();
  });

  it('lets nothing be said that is no action', () => {
    const random = stream('grammar');
    const seen = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const tokens: number[] = [];
      for (let state = 0; tokens.length < SLOT;) {
        const choices = allowed(state);
        tokens.push(choices[random.int(0, choices.length)]!);
        state = SLOT_GRAMMAR.next[state * ACTION_TOKENS + tokens.at(-1)!]!;
      }
      const decoded = decodeSlot(tokens);
      expect(decoded).toHaveProperty('action');
      if ('action' in decoded) seen.add(decoded.action.tool);
    }
    expect([...seen].sort()).toEqual(['answer', 'clip', 'crop']);
  });

  it.each([
    ['nothing', [END]],
    ['a frame without a tool', [5]],
    ['an answer without characters', [4, END]],
    ['a crop with three edges', [3, 5, FIRST_BIN, FIRST_BIN, FIRST_BIN, END]],
    ['a clip of two frames', [2, 5, 6]],
    ['anything after the end', [2, 5, END, 2]],
    ['padding before the end', [2, 5, PAD]],
  ])('forbids %s', (_, tokens) => {
    expect(read(tokens)).toBeNull();
  });

  it('never comes to a place where nothing can be said', () => {
    for (let state = 0; state < SLOT_GRAMMAR.states; state++)
      expect(allowed(state).length).toBeGreaterThan(0);
  });
});
