import { describe, expect, it } from 'vitest';
import {
  frameOfSecond,
  scriptOfDemonstration,
  scriptOfTrajectory,
} from '../../domain/conversation/script.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import type { Demonstration } from '../../domain/demonstration.js';
import { parseMessage } from '../../domain/protocol/text.js';

const DEMONSTRATION: Demonstration = {
  question: 'What stands on the door?',
  video: 'videos/000001.mp4',
  turns: [
    { action: { tool: 'clip', targetFrames: [3] }, imitate: 'all' },
    { action: { tool: 'crop', targetFrame: 4, bbox01: [0.12345, 0.5, 0.66666, 1] }, imitate: 'choice' },
    { action: { tool: 'answer', text: '42' }, imitate: 'all' },
  ],
  asked: [3, 4],
};

const TRAJECTORY: TrajectoryRecord = {
  id: 't1',
  video: 'videos/a.mp4',
  question: 'What stands on the door?',
  questionId: 'q1',
  answers: ['42', 'forty-two'],
  style: 'drp',
  fps: 2,
  turns: [
    {
      thought: 'The door is small.',
      action: { tool: 'crop', targetFrame: 7, bbox01: [0.1234, 0.2, 0.3, 0.4] },
    },
    { thought: '', action: { tool: 'answer', text: '42' } },
  ],
  provenance: { steps: [] },
};

describe('frameOfSecond', () => {
  it('finds the first frame on screen within a scene’s second, at any rate', () => {
    expect([1, 2, 8].map((second) => frameOfSecond(second, 1))).toEqual([1, 2, 8]);
    expect([1, 2, 8].map((second) => frameOfSecond(second, 2))).toEqual([1, 3, 15]);
    expect([1, 2, 3].map((second) => frameOfSecond(second, 0.5))).toEqual([1, null, 2]);
    for (const fps of [0.1, 0.3, 1, 1.5, 2.7, 10, 29.97])
      for (let second = 1; second <= 60; second++) {
        const frame = frameOfSecond(second, fps);
        // By the plain loop over all frames.
        const all = Array.from({ length: 1 + Math.ceil(60 * fps) }, (_, i) => i + 1);
        const shown = all.find((f) => (f - 1) / fps >= second - 1 - 1e-9 && (f - 1) / fps < second);
        expect([fps, second, frame]).toEqual([fps, second, shown ?? null]);
      }
  });
});

describe('a script', () => {
  it('says what the text protocol reads back as the very action that is looked at', () => {
    for (const made of [scriptOfDemonstration(DEMONSTRATION, 2), scriptOfTrajectory(TRAJECTORY, 2)]) {
      if ('reason' in made) throw new Error(made.reason);
      for (const { text, thought, action } of made.messages)
        expect(parseMessage(text)).toEqual({ thought, action });
    }
  });

  it('of a world has its frames at the view’s rate, short boxes, and learns no moved one', () => {
    expect(scriptOfDemonstration(DEMONSTRATION, 2)).toMatchObject({
      answers: ['42'],
      messages: [
        { action: { targetFrames: [5] }, learn: true },
        { action: { targetFrame: 7, bbox01: [0.123, 0.5, 0.667, 1] }, learn: false },
        { text: '<answer>42</answer>', learn: true },
      ],
    });
    expect(scriptOfDemonstration(DEMONSTRATION, 0.5)).toEqual({
      reason: 'no frame at 0.5 a second shows what it looks at',
    });
  });

  it('of a curated trajectory keeps thoughts, frames and boxes as they were checked', () => {
    expect(scriptOfTrajectory(TRAJECTORY, 2)).toMatchObject({
      answers: ['42', 'forty-two'],
      messages: [
        { thought: 'The door is small.', action: TRAJECTORY.turns[0]!.action, learn: true },
        { thought: null, text: '<answer>42</answer>', learn: true },
      ],
    });
  });

  it('has the choices of its question', () => {
    expect(scriptOfTrajectory(TRAJECTORY, 2, ['41', '42'])).toMatchObject({ options: ['41', '42'] });
    expect(scriptOfDemonstration({ ...DEMONSTRATION, options: ['41', '42'] }, 2)).toMatchObject({
      options: ['41', '42'],
    });
    expect(scriptOfTrajectory(TRAJECTORY, 2)).not.toHaveProperty('options');
  });

  it.each([
    ['another rate', TRAJECTORY, 1, 'it numbers frames at 2 a second, the view at 1'],
    ['no answer', { ...TRAJECTORY, turns: TRAJECTORY.turns.slice(0, 1) }, 2, 'it does not answer'],
    ['no turns', { ...TRAJECTORY, turns: [] }, 2, 'it does not answer'],
    [
      'an answer amid',
      { ...TRAJECTORY, turns: [...TRAJECTORY.turns, ...TRAJECTORY.turns] },
      2,
      'it goes on after its answer',
    ],
    [
      'a tag in its thought',
      { ...TRAJECTORY, turns: [{ thought: 'a </think> b', action: { tool: 'answer', text: '1' } }] },
      2,
      'expected text without </think>',
    ],
  ] as const)('of a trajectory with %s is refused, and says why', (_, record, fps, reason) => {
    expect(scriptOfTrajectory(record, fps)).toEqual({ reason: expect.stringContaining(reason) as string });
  });
});
