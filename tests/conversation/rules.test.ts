import { describe, expect, it } from 'vitest';
import { assemble, fill } from '../../domain/conversation/assemble.js';
import { accuracyOf } from '../../domain/conversation/accuracy.js';
import { looksLeft, mustAnswer } from '../../domain/conversation/budget.js';
import { addSpent, NOTHING_SPENT, spentOn } from '../../domain/conversation/ledger.js';
import { sizeWithin, spread } from '../../domain/conversation/overview.js';
import { clockTime, observationText } from '../../domain/conversation/sentences.js';
import { readReply } from '../../domain/protocol/chat.js';
import { stream } from '../../domain/seeds.js';
import { restAfter } from '../../infra/openai/pool.js';
import { parameterIn, retryAfterMs } from '../../infra/openai/failures.js';
import { picture, request, spoken } from '../openai/support/talk.js';

describe('an overview', () => {
  it('spreads its frames over a video of any length, in order and within it', () => {
    expect(spread(5, 16)).toEqual([1, 2, 3, 4, 5]);
    expect(spread(14_400, 4)).toEqual([1801, 5401, 9001, 12_601]);
    const random = stream(1, 'spread');
    for (let i = 0; i < 200; i++) {
      const [frames, shown] = [random.int(1, 20_000), random.int(1, 64)];
      const chosen = spread(frames, shown);
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
      expect(chosen).toHaveLength(Math.min(frames, shown));
      expect(chosen[0]).toBeGreaterThanOrEqual(1);
      expect(chosen.at(-1)).toBeLessThanOrEqual(frames);
    }
  });

  it('never has more pixels a picture than allowed, and keeps the aspect', () => {
    const random = stream(2, 'sizes');
    for (let i = 0; i < 300; i++) {
      const native = { widthPx: random.int(1, 4000), heightPx: random.int(1, 4000) };
      const pixels = random.int(3136, 500_000);
      const { widthPx, heightPx } = sizeWithin(native, pixels);
      // An edge is at least one pixel, however long the other.
      if (Math.min(widthPx, heightPx) > 1) expect(widthPx * heightPx).toBeLessThanOrEqual(pixels);
      expect(widthPx / native.widthPx).toBeLessThanOrEqual(4);
    }
    expect(sizeWithin({ widthPx: 1920, heightPx: 1080 }, 100_352)).toEqual({ widthPx: 422, heightPx: 237 });
    expect(sizeWithin({ widthPx: 640, heightPx: 360 }, 10_000_000)).toEqual({ widthPx: 640, heightPx: 360 });
  });
});

describe('a budget', () => {
  const budget = { maxLooks: 2, maxTurns: 4, maxTokens: 100 };
  it.each([
    [{ looks: 0, turns: 0, tokens: 0 }, false, 2],
    [{ looks: 2, turns: 2, tokens: 10 }, true, 0],
    [{ looks: 0, turns: 3, tokens: 10 }, true, 0],
    [{ looks: 1, turns: 2, tokens: 100 }, true, 1],
    [{ looks: 1, turns: 2, tokens: 99 }, false, 1],
  ])('after %j must the model answer? %s', (used, must, left) => {
    expect(mustAnswer(budget, used)).toBe(must);
    expect(looksLeft(budget, used)).toBe(left);
  });
});

describe('a prompt', () => {
  const call = { tool: 'crop', targetFrame: 2, bbox01: [0, 0, 0.5, 0.5] } as const;
  const seen = { kind: 'looks', call, pictures: [picture(2, { box01: [0, 0, 0.5, 0.5] })] } as const;
  const asked = spoken({ thought: 'zoom', action: call, native: true });

  it('names frames and times of the overview, then asks', () => {
    const [system, opening] = assemble(request().conversation);
    expect(system).toMatchObject({ role: 'system' });
    expect(
      opening?.role === 'user' &&
        opening.parts.map((part) => (part.type === 'text' ? part.text : part.picture.frame)),
    ).toEqual([
      expect.stringContaining(
        'The video lasts 8.0 seconds, 1280×720 pixels. Its frames are numbered 1 to 8, 1 a second.\n2 of them',
      ),
      'Frame 2, at 0:01.0, 320×180 pixels:',
      2,
      'Frame 6, at 0:05.0, 320×180 pixels:',
      6,
      'Question: What does the sign say?',
    ]);
  });

  it('answers a tool call with a tool message in words, and its pictures in a user message', () => {
    const messages = assemble(request({ turns: [{ spoken: asked, looked: seen }] }).conversation);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'user']);
    const [said, tool] = messages.slice(2);
    expect(said).toMatchObject({ text: '<think>zoom</think>', call: { id: 'look00001', call } });
    expect(tool).toMatchObject({
      callId: 'look00001',
      text: expect.stringContaining('You may look 2 more times.') as string,
    });
  });

  it('answers a call in text with one user message, and one that came to nothing likewise', () => {
    const text = '<tool_call>{"name": "zoom"}</tool_call>';
    const looked = { kind: 'refused', reason: 'there is no tool "zoom".' } as const;
    const turns = [{ spoken: spoken({ text, failure: 'no tool' }), looked }];
    const messages = assemble(request({ turns, final: true }).conversation);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(messages[2]).toEqual({ role: 'assistant', text, call: null });
    expect(JSON.stringify(messages[3])).toMatch(
      /Refused: there is no tool .* You may look 3 more times.*You cannot look any more/,
    );
  });

  it('fills in names that are given and leaves other braces alone', () => {
    expect(fill('{question} {"a": 1} {other}', { question: 'What is {frames}?' })).toBe(
      'What is {frames}? {"a": 1} {other}',
    );
  });

  it('says what a look gave', () => {
    expect(observationText(seen, 1)).toBe(
      'crop: frame 2 at 0:01.0; the box covers 1280×720 pixels of the video, shown as 320×180. You may look 1 more time.',
    );
    expect(clockTime(3723.46)).toBe('1:02:03.5');
    expect(clockTime(59.96)).toBe('1:00.0');
  });
});

describe('a reply', () => {
  const plain = (content: string, final = false) => readReply({ content, reasoning: '', calls: [] }, final);
  it.each([
    ['<think>a</think><answer>7</answer>', { thought: 'a', action: { tool: 'answer', text: '7' } }],
    [
      'thinking aloud</think>\n<answer>7</answer>',
      { thought: 'thinking aloud', action: { tool: 'answer', text: '7' } },
    ],
    [
      '<tool_call>{"name":"select_frames","arguments":{"target_frames":[1]}}</tool_call>',
      { action: { tool: 'clip', targetFrames: [1] } },
    ],
    ['so \\boxed{42}', { action: { tool: 'answer', text: '42' } }],
    ['It says 7.', { action: null, failure: 'expected a <tool_call> or an <answer>, found neither' }],
    ['', { action: null }],
  ])('%j is read', (content, expected) => {
    expect(plain(content)).toMatchObject(expected);
  });

  it('that must be the answer is taken as it stands, unless it is a call', () => {
    expect(plain('It says 7.', true).action).toEqual({ tool: 'answer', text: 'It says 7.' });
    expect(plain('<think>hm', true)).toMatchObject({ action: null });
    expect(
      plain('<tool_call>{"name":"clip","arguments":{"target_frames":[1]}}</tool_call>', true),
    ).toMatchObject({ action: null });
    expect(
      readReply({ content: '', reasoning: '', calls: [{ name: 'clip', arguments: '{}' }] }, true).action,
    ).toBeNull();
  });

  it('never throws, whatever is in it', () => {
    const random = stream(3, 'replies');
    const bits = [
      '<think>',
      '</think>',
      '<tool_call>',
      '</tool_call>',
      '<answer>',
      '</answer>',
      '{"name":"crop"',
      '}',
      '\\boxed{',
      '🛑',
      ' ',
    ];
    for (let i = 0; i < 500; i++) {
      const content = Array.from({ length: random.int(0, 9) }, () => random.pick(bits)).join('');
      const read = plain(content, random.float() < 0.5);
      expect(read.action === null).toBe('failure' in read);
    }
  });
});

describe('a ledger', () => {
  it('adds up in any order, and counts what nobody metered or priced', () => {
    const entries = [
      spentOn(
        { promptTokens: 100, cachedTokens: 40, completionTokens: 10 },
        { prompt: 1, cached: 0.5, completion: 2 },
        ['429', '429'],
      ),
      spentOn(null, { prompt: 1, cached: 1, completion: 1 }, ['500']),
      spentOn({ promptTokens: 7, cachedTokens: 0, completionTokens: 1 }, null, []),
    ];
    const sum = entries.reduce(addSpent, NOTHING_SPENT);
    expect(JSON.stringify(entries.toReversed().reduce(addSpent, NOTHING_SPENT))).toBe(JSON.stringify(sum));
    expect(sum).toEqual({
      messages: 3,
      promptTokens: 107,
      cachedTokens: 40,
      completionTokens: 11,
      unmetered: 1,
      cost: (60 + 20 + 20) / 1e6,
      unpriced: 2,
      wasted: { '429': 2, '500': 1 },
    });
  });

  it('means are over questions with a truth, and looks over all', () => {
    const sums = {
      conversations: 5,
      failed: 1,
      graded: 4,
      correct: 2,
      anls: 3,
      clips: 5,
      crops: 10,
      turns: 20,
    };
    expect(accuracyOf(sums)).toMatchObject({
      n: 4,
      accuracy: 0.5,
      anls: 0.75,
      clips: 1,
      crops: 2,
      turns: 4,
      failed: 1,
    });
  });
});

describe('a rest', () => {
  it('doubles with each failure in a row, up to half a minute, and half of it is drawn', () => {
    expect([0, 1, 2, 10].map((failures) => restAfter(failures, 1))).toEqual([500, 1000, 2000, 30_000]);
    expect(restAfter(2, 0)).toBe(1000);
  });

  it('is as long as the server asks, in seconds, milliseconds or by date, and never over an hour', () => {
    expect(retryAfterMs({ 'retry-after': '2' })).toBe(2000);
    expect(retryAfterMs({ 'retry-after': '2', 'retry-after-ms': '1500' })).toBe(1500);
    const nowMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
    expect(retryAfterMs({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, nowMs)).toBe(30_000);
    expect(retryAfterMs({ 'retry-after': '99999' })).toBe(3_600_000);
    expect(retryAfterMs({ 'retry-after': 'soon' })).toBeNull();
    expect(retryAfterMs({})).toBeNull();
  });

  it('is not needed for a parameter that is merely not taken', () => {
    expect(parameterIn("Unsupported parameter: 'max_tokens'; use 'max_completion_tokens'")).toBe(
      'max_tokens',
    );
    expect(parameterIn('Unexpected keys: {stream_options}')).toBe('stream_options');
    expect(parameterIn('bad request')).toBeNull();
  });
});
