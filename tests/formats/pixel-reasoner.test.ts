import { describe, expect, it } from 'vitest';
import { trajectoryOfSft } from '../../domain/formats/pixel-reasoner-sft.js';
import { questionOfRlRow } from '../../domain/formats/pixel-reasoner-rl.js';
import { RowRefusal } from '../../domain/formats/refusal.js';

const SYSTEM = { role: 'system', content: [{ text: 'tools' }] };
const ASKED = {
  role: 'user',
  content: [
    { type: 'image', image: './images/17.jpg' },
    { type: 'text', text: 'What does it say?' },
  ],
};
const ANSWER = says('The sign reads so. \\boxed{EXIT {12}}');

function says(text: string): unknown {
  return { role: 'assistant', content: [{ text }] };
}

function calls(name: string, args: unknown, thought = 'I look.'): unknown {
  return says(`${thought} <tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`);
}

function shows(...images: readonly string[]): unknown {
  return { role: 'user', content: [{ text: '\nHere:' }, ...images.map((image) => ({ image }))] };
}

function sft(...messages: readonly unknown[]): ReturnType<typeof trajectoryOfSft> {
  return trajectoryOfSft({ message_list: messages, origin: 'x' }, 7);
}

function reasonOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof RowRefusal) return error.reason;
    throw error;
  }
  return 'none';
}

describe("Pixel-Reasoner's trajectories", () => {
  it('are read with every name of a tool, thoughts before the call, and boxed answers with braces', () => {
    for (const name of ['crop_image_normalized', 'crop_image', 'zoom_in', 'crop']) {
      const record = sft(
        SYSTEM,
        ASKED,
        calls(name, { target_image: 1, bbox_2d: [0, 0.25, 0.5, 1] }),
        shows('c.jpg'),
        ANSWER,
      );
      expect(record).toEqual({
        id: 'row-7',
        video: 'images/17.jpg',
        question: 'What does it say?',
        questionId: null,
        answers: ['EXIT {12}'],
        style: 'given',
        fps: 1,
        turns: [
          { thought: 'I look.', action: { tool: 'crop', targetFrame: 1, bbox01: [0, 0.25, 0.5, 1] } },
          { thought: 'The sign reads so.', action: { tool: 'answer', text: 'EXIT {12}' } },
        ],
        provenance: { source: { form: 'pixel-reasoner-sft', fields: { origin: 'x' } }, steps: [] },
      });
    }
  });

  it('turn a look into a crop into a look into its frame', () => {
    const record = sft(
      ASKED,
      calls('zoom_in', { target_image: 1, bbox_2d: [0.5, 0.5, 1, 1] }),
      shows('c1.jpg'),
      calls('zoom_in', { target_image: 2, bbox_2d: [0, 0.5, 0.5, 1] }),
      shows('c2.jpg'),
      calls('zoom_in', { target_image: 3, bbox_2d: [0.5, 0, 1, 1] }),
      shows('c3.jpg'),
      ANSWER,
    );
    expect(
      record.turns.map(({ action }) => ('bbox01' in action ? [action.targetFrame, ...action.bbox01] : null)),
    ).toEqual([[1, 0.5, 0.5, 1, 1], [1, 0.5, 0.75, 0.75, 1], [1, 0.625, 0.75, 0.75, 1], null]);
  });

  it('are refused where they are none, with the reason', () => {
    const crop = (bbox_2d: unknown, target_image: unknown = 1): unknown =>
      calls('crop_image', { bbox_2d, target_image });
    const cases: readonly (readonly [string, readonly unknown[]])[] = [
      ['pixel-box', [ASKED, crop([10, 20, 300, 400]), ANSWER]],
      ['bad-call', [ASKED, crop([0.5, 0, 0.2, 1]), ANSWER]],
      ['bad-call', [ASKED, crop([0, 0, 1, 1], 2), ANSWER]],
      ['bad-call', [ASKED, crop([0, 0, 1, 1], 0), ANSWER]],
      ['bad-message', [ASKED, calls('rotate', {}), ANSWER]],
      ['bad-message', [ASKED, says('<tool_call>{"name": "crop"'), ANSWER]],
      ['bad-message', [ASKED, crop([0, 0, 1, 1])]],
      ['bad-message', [ASKED, ANSWER, ANSWER]],
      ['bad-message', [ANSWER]],
      ['bad-message', []],
      ['answers-empty', [ASKED, says('\\boxed{}')]],
      ['missing-field', [{ role: 'user', content: [{ text: 'no picture' }] }, ANSWER]],
      ['missing-field', [{ role: 'user', content: [{ image: 'a.jpg' }] }, ANSWER]],
      [
        'several-pictures',
        [{ role: 'user', content: [{ image: 'a.jpg' }, { image: 'b.jpg' }, { text: 'q' }] }, ANSWER],
      ],
      [
        'video-as-frames',
        [{ role: 'user', content: [{ video: ['1.jpg', '2.jpg'] }, { text: 'q' }] }, ANSWER],
      ],
      ['path-outside', [{ role: 'user', content: [{ image: '/etc/a.jpg' }, { text: 'q' }] }, ANSWER]],
      ['bad-value', [{ role: 'tool', content: [] }, ANSWER]],
      ['wrong-type', [{ role: 'user', content: 17 }, ANSWER]],
    ];
    for (const [reason, messages] of cases)
      expect([reason, messages]).toEqual([reasonOf(() => sft(...messages)), messages]);
    expect(reasonOf(() => trajectoryOfSft({ messages: [] }, 1))).toBe('missing-field');
  });

  it('of a video file number its frames', () => {
    const asked = { role: 'user', content: [{ video: 'v/a.mp4' }, { text: 'q' }] };
    const record = sft(
      asked,
      calls('select_frames', { target_frames: [3, 9] }),
      calls('zoom_in', { target_image: 9, bbox_2d: [0, 0, 1, 1] }),
      ANSWER,
    );
    expect(record.turns.map(({ action }) => action)).toMatchObject([
      { targetFrames: [3, 9] },
      { targetFrame: 9 },
      {},
    ]);
  });
});

describe("Pixel-Reasoner's questions", () => {
  it('are refused where they are about many pictures or none, or answer nothing', () => {
    const row = { qid: 1, question: 'q', image: ['a.jpg'], is_video: false, answer: 'x' };
    expect(questionOfRlRow(row)).toMatchObject({ id: '1', video: 'a.jpg', answers: ['x'] });
    expect(questionOfRlRow({ ...row, image: 'a.jpg', answer: ['x', '\\boxed{y}'] })).toMatchObject({
      answers: ['x', 'y'],
    });
    const reason = (more: object): string => reasonOf(() => questionOfRlRow({ ...row, ...more }));
    expect(reason({ image: ['a.jpg', 'b.jpg'] })).toBe('several-pictures');
    expect(reason({ image: ['a.jpg', 'b.jpg'], is_video: true })).toBe('video-as-frames');
    expect(reason({ image: [] })).toBe('missing-field');
    expect(reason({ image: [3] })).toBe('wrong-type');
    expect(reason({ answer: '' })).toBe('answers-empty');
    expect(reason({ qid: 1.5 })).toBe('wrong-type');
    expect(reason({ qid: undefined })).toBe('missing-field');
  });
});
