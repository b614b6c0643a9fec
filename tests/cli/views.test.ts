import { PassThrough } from 'node:stream';
import { defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { describe, expect, it, vi } from 'vitest';
import { EXIT, explain } from '../../cli/exit.js';
import { duration } from '../../cli/format.js';
import { viewFor } from '../../cli/live-view.js';
import { statusLines } from '../../cli/status-view.js';
import { describeTurns } from '../../cli/turns.js';
import { BugFailure, DataFailure, InfrastructureFailure, UserError } from '../../domain/failures.js';
import type { RunStatus, StageStatus } from '../../infra/client/status.js';
import { workFrom } from '../../infra/client/work.js';

const STAGE: StageStatus = {
  stage: 'RL_d',
  type: 'rl',
  baseline: false,
  state: 'running',
  step: 15,
  steps: 60,
  checkpoint: null,
  metrics: { reward: 0.5, accuracy: 0.25, kl: 0.01 },
  startedAtMs: 0,
  endedAtMs: null,
  secondsLeft: 90,
};
const STATUS: RunStatus = {
  run: 'mini',
  curriculum: 'mini',
  state: 'running',
  reason: null,
  activity: 'stage RL_d',
  stages: [STAGE, { ...STAGE, stage: 'RL_c', state: 'waiting', step: 0, metrics: {}, secondsLeft: null }],
  madeBy: null,
  room: { microBatch: 16, gradientCheckpointing: null, contextTokens: null },
  roomChanges: [],
  work: [],
  startedAtMs: 0,
  endedAtMs: null,
};

describe('the lines of a status', () => {
  it('show steps, a bar, reward, accuracy, rate and the time left', () => {
    const lines = statusLines(STATUS, 30_000);
    expect(lines[0]).toContain('stage RL_d');
    expect(lines[1]).toContain('█████░░░░░░░░░░░░░░░  15 / 60  reward 0.500  accuracy 0.250  30 s');
    expect(lines[1]).toContain('2.0 s/step, 1 min 30 s left');
    expect(lines[2]).toMatch(/· RL_c .* 0 \/ 60$/);
  });

  it('say why a run waits for a person', () => {
    const lines = statusLines({ ...STATUS, state: 'needs-attention', reason: 'ffmpeg: 8 → 5' }, 0);
    expect(lines.join('\n')).toContain('ffmpeg: 8 → 5');
  });

  it('say why a run is paused, where, and which settings changed on its way', () => {
    const reason = 'trainRl: out of memory: tried to allocate 8 GiB\nLower compute.microBatch (now 16) …';
    const roomChanges = ['DRP-SFT, after step 20: compute.microBatch: 64 → 16'];
    const paused: StageStatus = { ...STAGE, state: 'paused', secondsLeft: null };
    const status: RunStatus = { ...STATUS, state: 'paused', reason, roomChanges, stages: [paused] };
    const lines = statusLines(status, 30_000);
    expect(lines[0]).toMatch(/mini \(mini\) · paused · 30 s/);
    expect(lines.slice(1, 3)).toEqual([
      reason,
      '  changed on the way · DRP-SFT, after step 20: compute.microBatch: 64 → 16',
    ]);
    expect(lines[3]).toMatch(/‖ RL_d .* 15 \/ 60/);
  });

  it('say how far what counts is, and why nothing moves', () => {
    const work: RunStatus['work'] = [
      {
        activity: 'prepareData',
        attempt: 1,
        failure: null,
        startedAtMs: 0,
        progress: { doing: 'rendering videos', done: 120, total: 3000 },
        retried: null,
      },
      {
        activity: 'trainRl',
        attempt: 7,
        failure: 'MinIO does not answer',
        startedAtMs: null,
        // The stage's own line counts its steps.
        progress: { doing: 'RL_d', done: 3, total: 60 },
        retried: null,
      },
    ];
    const trouble = 'trainRl, attempt 7: MinIO does not answer';
    expect(statusLines({ ...STATUS, work }, 10_000).slice(3)).toEqual([
      '  rendering videos: 120 of 3000',
      trouble,
    ]);
    // What has only begun is likely to be done before one has read of it.
    expect(statusLines({ ...STATUS, work }, 1_000).slice(3)).toEqual([trouble]);
  });
});

describe('the live view', () => {
  const stream = (isTTY: boolean, columns: number) => {
    const sink = new PassThrough();
    return Object.assign(sink as unknown as NodeJS.WriteStream, { isTTY, columns });
  };
  const written = (sink: NodeJS.WriteStream): string => String((sink as unknown as PassThrough).read() ?? '');

  it('draws over itself on a terminal, and never wider than it is', () => {
    const sink = stream(true, 40);
    const view = viewFor(sink);
    view.show(STATUS);
    const first = written(sink).split('\n');
    // eslint-disable-next-line no-control-regex -- colours take no room
    for (const line of first) expect(line.replace(/\u001b\[[0-9;]*m/g, '').length).toBeLessThanOrEqual(40);
    view.show(STATUS);
    expect(written(sink)).toContain(`\u001b[${first.length - 1}A\u001b[0J`);
  });

  it('writes plain lines elsewhere: one for each tenth of a stage, none for less', () => {
    const sink = stream(false, 0);
    const view = viewFor(sink);
    view.show(STATUS);
    expect(written(sink)).toMatch(
      /^\d\d:\d\d:\d\d mini: stage RL_d · step 15 of 60 · reward 0.500 {2}accuracy 0.250 · 1 min 30 s left\n$/,
    );
    view.show({ ...STATUS, stages: [{ ...STAGE, step: 16 }, STATUS.stages[1]!] });
    expect(written(sink)).toBe('');
    // Activities that come and go are no news.
    const work = [
      { activity: 'sampleTurn', attempt: 1, failure: null, startedAtMs: 0, progress: null, retried: null },
    ];
    view.show({ ...STATUS, work });
    expect(written(sink)).toBe('');
    view.show({ ...STATUS, stages: [{ ...STAGE, step: 18 }, STATUS.stages[1]!] });
    expect(written(sink)).toContain('step 18 of 60');
  });
});

describe('the work of a run', () => {
  const heartbeat = (details: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(details)] });

  it('is read from what the server keeps of an activity', () => {
    const details = { doing: 'reading overviews', done: 50, total: 200, loss: 1 };
    const pending = { activityType: { name: 'prepareData' }, attempt: 2, lastFailure: { message: 'gone' } };
    const lastStartedTime = msToTs(5_000);
    expect(workFrom({ ...pending, lastStartedTime, heartbeatDetails: heartbeat(details) })).toEqual({
      activity: 'prepareData',
      attempt: 2,
      failure: 'gone',
      startedAtMs: 5_000,
      progress: { doing: 'reading overviews', done: 50, total: 200 },
      retried: null,
    });
  });

  it.each([[{ doing: 'sampling' }], ['a word'], [null]])(
    'counts nothing where %j is all it says',
    (details) => {
      expect(workFrom({ heartbeatDetails: heartbeat(details) }).progress).toBeNull();
    },
  );
});

describe('exit codes', () => {
  it.each([
    [new UserError('a', 'do b'), EXIT.usage],
    [new DataFailure('a'), EXIT.failure],
    [new InfrastructureFailure('a'), EXIT.failure],
    [new BugFailure('a'), EXIT.failure],
    [new TypeError('a'), EXIT.failure],
  ])('of %s', (error, code) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(explain(error)).toBe(code);
    const said = write.mock.calls.map(([text]) => String(text)).join('');
    write.mockRestore();
    expect(said).toContain('ruminate: a\n');
    // Only our own mistakes show where they are.
    expect(said.includes('views.test.ts')).toBe(error instanceof BugFailure || error instanceof TypeError);
    if (error instanceof UserError) expect(said).toContain('do b');
  });

  it('of what a workflow failed of tell the first cause, not its wrappers', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const cause = Object.assign(new Error('x.mp4 is cut short'), {
      name: 'ApplicationFailure',
      type: 'DataFailure',
    });
    const activity = Object.assign(new Error('Activity task failed', { cause }), { name: 'ActivityFailure' });
    const failed = Object.assign(new Error('Workflow execution failed', { cause: activity }), {
      name: 'WorkflowFailedError',
    });
    expect(explain(failed)).toBe(EXIT.failure);
    expect(write.mock.calls.map(([text]) => String(text)).join('')).toBe('ruminate: x.mp4 is cut short\n');
    write.mockRestore();
  });
});

describe('a rollout in words', () => {
  it('names each look and the answer, and what was refused', () => {
    const turn = { thought: null, tokens: [], logProbs: [], mask: [] };
    const lines = describeTurns({
      questionId: 'q',
      sample: 0,
      answer: '42',
      turns: [
        { ...turn, action: { tool: 'clip', targetFrames: [3] } },
        {
          ...turn,
          action: { tool: 'crop', targetFrame: 9, bbox01: [0.1, 0.2, 0.6, 0.4] },
          observation: { kind: 'refused', reason: 'there are 8 frames' },
        },
        { ...turn, action: null, failure: 'no end' },
        { ...turn, action: { tool: 'answer', text: '42' } },
      ],
    });
    expect(lines).toEqual([
      '1. clip of frame 3',
      '2. crop of frame 9 at [0.10, 0.20, 0.60, 0.40] (refused: there are 8 frames)',
      '3. a message that says nothing (no end)',
      'answer: 42',
    ]);
  });

  it('gives times as people say them', () => {
    expect([0, 59.6, 61, 3_700].map(duration)).toEqual(['0 s', '1 min 0 s', '1 min 1 s', '1 h 1 min']);
  });
});
