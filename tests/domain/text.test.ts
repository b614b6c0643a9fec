import { describe, expect, it } from 'vitest';
import { parseMessage, printMessage } from '../../domain/protocol/text.js';
import { stream } from '../../domain/seeds.js';
import type { Action } from '../../domain/trajectory.js';

const CROP = '{"name": "crop", "arguments": {"target_frame": 3, "bbox_2d": [0, 0.25, 1.0, 1]}}';

describe('a message of a text policy', () => {
  it('is a thought and a call; a coordinate of exactly 1.0 stays a share of the frame', () => {
    expect(parseMessage(`<think> small print </think>\n<tool_call>${CROP}</tool_call>`)).toEqual({
      thought: 'small print',
      action: { tool: 'crop', targetFrame: 3, bbox01: [0, 0.25, 1, 1] },
    });
    expect(
      parseMessage('<tool_call>{"name":"clip","arguments":{"target_frames":[2,5]}}</tool_call>'),
    ).toEqual({
      thought: null,
      action: { tool: 'clip', targetFrames: [2, 5] },
    });
  });

  it('is an answer, trimmed, perhaps empty; tags inside the thought do not count', () => {
    expect(parseMessage('<think>is it <answer>7</answer>?</think><answer> 42\n</answer>')).toEqual({
      thought: 'is it <answer>7</answer>?',
      action: { tool: 'answer', text: '42' },
    });
    expect(parseMessage('<answer></answer>').action).toEqual({ tool: 'answer', text: '' });
  });

  it('leaves frames and boxes that cannot be to the tools', () => {
    const call = '<tool_call>{"name":"crop","arguments":{"target_frame":-1,"bbox_2d":[9,9,0,0]}}</tool_call>';
    expect(parseMessage(call).action).toEqual({ tool: 'crop', targetFrame: -1, bbox01: [9, 9, 0, 0] });
  });

  it.each([
    ['', 'expected a <tool_call> or an <answer>, found neither'],
    ['42', 'expected a <tool_call> or an <answer>, found neither'],
    ['\\boxed{42}', 'expected a <tool_call> or an <answer>, found neither'],
    ['<think>hm', '<think> is not closed'],
    ['<think>hm</think>', 'expected a <tool_call> or an <answer>, found neither'],
    ['<answer>42', '<answer> is not closed'],
    [`<tool_call>${CROP}`, '<tool_call> is not closed'],
    [
      `<tool_call>${CROP}</tool_call><answer>1</answer>`,
      'expected one action in a message, found <tool_call> and then <answer>',
    ],
    [
      '<answer>1</answer><answer>2</answer>',
      'expected one action in a message, found <answer> and then <answer>',
    ],
    ['<tool_call>crop 3</tool_call>', 'the tool call is not valid JSON'],
    ['<tool_call>[1]</tool_call>', 'expected a tool call of the form {"name": …, "arguments": {…}}'],
    ['<tool_call>null</tool_call>', 'expected a tool call of the form {"name": …, "arguments": {…}}'],
    ['<tool_call>{"name":"crop"}</tool_call>', 'expected "arguments" of crop to be an object'],
    [
      '<tool_call>{"name":"zoom_in","arguments":{}}</tool_call>',
      'there is no tool "zoom_in": the tools are clip and crop',
    ],
    [
      '<tool_call>{"name":"constructor","arguments":{}}</tool_call>',
      'there is no tool "constructor": the tools are clip and crop',
    ],
    [
      '<tool_call>{"name":"clip","arguments":{"target_frames":"3"}}</tool_call>',
      'expected "target_frames" of clip to be a list of numbers',
    ],
    [
      '<tool_call>{"name":"crop","arguments":{"target_image":1,"bbox_2d":[0,0,1,1]}}</tool_call>',
      'expected "target_frame" of crop to be a number',
    ],
    [
      '<tool_call>{"name":"crop","arguments":{"target_frame":1,"bbox_2d":[0,0,1]}}</tool_call>',
      'expected "bbox_2d" of crop to be four numbers',
    ],
    [
      '<tool_call>{"name":"crop","arguments":{"target_frame":1,"bbox_2d":[0,0,1,"1"]}}</tool_call>',
      'expected "bbox_2d" of crop to be four numbers',
    ],
  ])('%j is refused with its reason', (text, failure) => {
    expect(parseMessage(text)).toMatchObject({ action: null, failure });
  });

  it('keeps the thought of a message that is refused', () => {
    expect(parseMessage('<think>hm</think>nothing').thought).toBe('hm');
    expect(parseMessage('<think>cut off').thought).toBe('cut off');
  });
});

describe('the ancestor’s dialect', () => {
  it.each(['crop_image', 'crop_image_normalized', 'zoom_in', 'crop'])(
    'reads %s with target_image as crop',
    (name) => {
      const text = `<tool_call>{"name":"${name}","arguments":{"target_image":2,"bbox_2d":[0.1,0.2,0.3,1.0]}}</tool_call>`;
      expect(parseMessage(text, 'ancestor').action).toEqual({
        tool: 'crop',
        targetFrame: 2,
        bbox01: [0.1, 0.2, 0.3, 1],
      });
    },
  );

  it('reads and writes select_frames and target_image', () => {
    const clip: Action = { tool: 'clip', targetFrames: [1, 2] };
    const crop: Action = { tool: 'crop', targetFrame: 2, bbox01: [0, 0, 0.5, 1] };
    expect(printMessage(null, clip, 'ancestor')).toBe(
      '<tool_call>{"name":"select_frames","arguments":{"target_frames":[1,2]}}</tool_call>',
    );
    expect(printMessage(null, crop, 'ancestor')).toBe(
      '<tool_call>{"name":"crop_image_normalized","arguments":{"target_image":2,"bbox_2d":[0,0,0.5,1]}}</tool_call>',
    );
    for (const action of [clip, crop])
      expect(parseMessage(printMessage(null, action, 'ancestor'), 'ancestor').action).toEqual(action);
  });

  it.each([
    ['so it is \\boxed{42}.', '42'],
    ['\\boxed{1} or rather \\boxed{\\text{a{b}c}}', '\\text{a{b}c}'],
    ['<answer>\\boxed{7}</answer>', '7'],
    ['<answer>7</answer>', '7'],
  ])('reads the answer of %j', (text, answer) => {
    expect(parseMessage(text, 'ancestor').action).toEqual({ tool: 'answer', text: answer });
  });

  it('takes a box that never closes for no answer', () => {
    expect(parseMessage('\\boxed{42', 'ancestor').action).toBeNull();
  });
});

describe('printing', () => {
  it('then parsing gives the same message back', () => {
    const random = stream('text codec');
    const words = ['look', '<', '"', '\\', 'é', '{}', '<answer>', '\n', '1.0'];
    const sentence = (): string =>
      Array.from({ length: random.int(0, 6) }, () => random.pick(words))
        .join(' ')
        .trim();
    for (let i = 0; i < 500; i++) {
      const actions: Action[] = [
        { tool: 'clip', targetFrames: Array.from({ length: random.int(1, 9) }, () => random.int(1, 99)) },
        {
          tool: 'crop',
          targetFrame: random.int(1, 99),
          bbox01: [random.float(), random.float(), 1, random.float()],
        },
        { tool: 'answer', text: sentence().replaceAll('<answer>', '').trim() },
      ];
      const [thought, action] = [random.float() < 0.5 ? null : sentence(), random.pick(actions)];
      expect(parseMessage(printMessage(thought, action))).toEqual({ thought, action });
    }
  });

  it('refuses what would not come back', () => {
    expect(() => printMessage('a</think>b', { tool: 'answer', text: '1' })).toThrow(RangeError);
    expect(() => printMessage(null, { tool: 'answer', text: '1</answer>' })).toThrow(RangeError);
    expect(() => printMessage(null, { tool: 'answer', text: ' 1' })).toThrow(RangeError);
  });
});
