import { stripVTControlCharacters } from 'node:util';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { answersCells, answersLines } from '../../cli/answers-view.js';
import { lookedLine, messageLine, outcomeLine, printable, thoughtLine } from '../../cli/conversation-view.js';
import { pictureProtocol, pictureText } from '../../cli/terminal-picture.js';
import { accuracyOf } from '../../domain/conversation/accuracy.js';
import { NOTHING_SPENT } from '../../domain/conversation/ledger.js';
import type { AnswersView } from '../../infra/client/answers-status.js';
import { workFrom, type Work } from '../../infra/client/work.js';
import { NO_SUMS } from '../../workflows/answers-state.js';
import { picture, spoken } from '../openai/support/talk.js';

const spent = { ...NOTHING_SPENT, messages: 90, promptTokens: 81_000, completionTokens: 4000, unpriced: 90 };
const sums = {
  ...NO_SUMS,
  ...{ conversations: 31, answered: 29, failed: 2, graded: 29, correct: 18, anls: 20.3, spent },
};
const VIEW: AnswersView = {
  ...{ kind: 'answers', run: 'boards', model: 'tiny-vl', state: 'running', reason: null },
  ...{ total: 50, done: 31, row: accuracyOf(sums), sums, live: 4, work: [], startedAtMs: 0, endedAtMs: null },
  lastFailures: [{ index: 6, why: 'http://h/v1 refuses this request (400): too long' }],
  again: 'ruminate ask --batch q.jsonl --name boards …',
};
const work = (more: Partial<Work>): Work => ({
  ...{ activity: 'speak', attempt: 1, failure: null, startedAtMs: 0, progress: null, retried: null },
  ...more,
});

/** Colours are there or not, by what the test is run from. */
function plainLines(view: AnswersView, nowMs: number): readonly string[] {
  return answersLines(view, nowMs).map(stripVTControlCharacters);
}

describe('the lines of a run of questions', () => {
  it('say how many are done, how well, what it cost, what failed, and what to type', () => {
    expect(plainLines(VIEW, 90_000)).toEqual([
      'boards (questions to tiny-vl) · running · 1 min 30 s',
      '  31 / 50 questions · 62.1 % of 29 exactly right, ANLS 0.700 · 2 failed · 4 under way',
      expect.stringMatching(/^ {2}90 messages, 81,000 prompt tokens, 4,000 written/) as string,
      '  question 7: http://h/v1 refuses this request (400): too long',
      '  ruminate ask --batch q.jsonl --name boards …    takes it up, or watches it',
    ]);
  });

  it('say what is tried again and why, each reason once', () => {
    const away = 'http://h/v1: nobody answers there (connection refused)';
    const lines = plainLines(
      {
        ...VIEW,
        lastFailures: [],
        work: [
          work({ attempt: 3, failure: away }),
          work({ retried: { calls: 2, why: away } }),
          work({ activity: 'look', attempt: 2, failure: 'MinIO does not answer' }),
          work({}),
        ],
      },
      0,
    );
    expect(lines).toContain(`  2 × speak: tried again after: ${away}`);
    expect(lines).toContain('  1 × look: tried again after: MinIO does not answer');
  });

  it('count every question once', () => {
    expect(outcomeLine({ conversations: 5, answered: 3, failed: 1 })).toBe(
      '3 of 5 questions answered, 1 failed, 1 ended without an answer',
    );
    expect(outcomeLine({ conversations: 3, answered: 3, failed: 0 })).toBe(
      '3 of 3 questions answered, 0 failed',
    );
  });

  it('stand in a list beside other runs', () => {
    const { run, model, state, done, total } = VIEW;
    const when = { startedAt: '2026-11-21T22:48:00.000Z', endedAt: null };
    expect(answersCells({ kind: 'answers', run, model, state, done, total, accuracy: 0.5, ...when })).toEqual(
      ['boards', 'questions to tiny-vl', 'running', '31 of 50 · 50.0 % right', '2026-11-21 22:48:00'],
    );
  });
});

describe('calls in vain', () => {
  it('are read from what a turn says while it calls', () => {
    const details = { doing: 'model call', wasted: ['503', '503'], why: 'answered 503', calling: true };
    const heartbeatDetails = { payloads: [defaultPayloadConverter.toPayload(details)] };
    expect(workFrom({ heartbeatDetails }).retried).toEqual({ calls: 2, why: 'answered 503' });
    const none = { payloads: [defaultPayloadConverter.toPayload({ ...details, wasted: [] })] };
    expect(workFrom({ heartbeatDetails: none }).retried).toBeNull();
  });
});

describe('a look on the terminal', () => {
  it('says what was asked for, and the time and size of what came back', () => {
    const call = { tool: 'crop', targetFrame: 2, bbox01: [0, 0.25, 0.5, 1] } as const;
    expect(messageLine(0, spoken({ action: call }))).toBe('1. crop of frame 2 at [0.00, 0.25, 0.50, 1.00]');
    const shown = picture(62, { native: { widthPx: 160, heightPx: 90 } });
    expect(lookedLine({ kind: 'looks', call, pictures: [shown] })).toBe(
      '   1:01.0  320×180 (of 160×90 in the video)',
    );
  });

  it('keeps every script whole, and lets nobody write over what stands there', () => {
    expect(printable('قف 🛑\n\u001b]0;title\u0007\u001b[2Jgone\u009b1A')).toBe('قف 🛑 �]0;title��[2Jgone�1A');
    const line = thoughtLine('🛑'.repeat(400));
    expect(line).toBe(`   “${'🛑'.repeat(300)}…”`);
  });

  it.each([
    ['kitty', { TERM: 'xterm-kitty' }],
    ['kitty', { TERM_PROGRAM: 'ghostty' }],
    ['iterm', { TERM_PROGRAM: 'iTerm.app' }],
    ['iterm', { TERM_PROGRAM: 'WezTerm' }],
    [null, { TERM: 'xterm-256color' }],
    [null, { TERM: 'xterm-kitty', TMUX: '/tmp/tmux' }],
  ])('is shown by %s where the environment is %j, and nowhere but on a terminal', (protocol, env) => {
    expect(pictureProtocol({ isTTY: true }, env)).toBe(protocol);
    expect(pictureProtocol({ isTTY: false }, env)).toBeNull();
  });

  it('is written whole, in pieces that kitty takes', () => {
    const png = Buffer.alloc(7000, 5);
    const text = pictureText('kitty', png);
    // eslint-disable-next-line no-control-regex -- the escape sequences are what is meant
    const pieces = [...text.matchAll(/\u001b_G([^;]*);([^\u001b]*)\u001b\\/g)];
    expect(pieces.map(([, keys]) => /m=([01])/.exec(keys!)?.[1])).toEqual(['1', '1', '0']);
    expect(Buffer.from(pieces.map(([, , data]) => data).join(''), 'base64')).toEqual(png);
    expect(pictureText('iterm', png)).toContain(`size=7000;`);
  });
});
