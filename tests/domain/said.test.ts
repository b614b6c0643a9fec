import { describe, expect, it } from 'vitest';
import { readSaid } from '../../domain/protocol/said.js';

const CLIP = '<tool_call>{"name": "clip", "arguments": {"target_frames": [1]}}</tool_call>';

describe('a message that had to be the answer', () => {
  it.each([
    ['<answer>42</answer>', { tool: 'answer', text: '42' }],
    ['<answer>42', null],
    ['<answer>42</tool_call>', null],
    [CLIP, null],
  ])('is one, or none: %s', (text, action) => {
    const said = readSaid(text, true);
    expect(said.action).toEqual(action);
    expect('failure' in said).toBe(action === null);
  });
});

describe('another message', () => {
  it('may look', () => {
    expect(readSaid(CLIP, false).action).toEqual({ tool: 'clip', targetFrames: [1] });
  });

  it('is read in the ancestor’s names too, where that is asked for', () => {
    const boxed = '<answer>\\boxed{7}</answer>';
    expect(readSaid(boxed, false).action).toEqual({ tool: 'answer', text: '\\boxed{7}' });
    expect(readSaid(boxed, false, 'ancestor').action).toEqual({ tool: 'answer', text: '7' });
  });
});
