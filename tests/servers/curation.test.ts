import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, copyFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curationName } from '../../infra/client/curation.js';
import { withSession } from '../../infra/client/session.js';
import { homeAt } from '../../infra/home/home.js';
import { down } from '../../infra/services/down.js';
import { status } from '../../infra/services/status.js';
import { findOnPath } from '../../infra/setup/paths.js';
import type { CurationReport } from '../../domain/curation/report.js';
import type { QuestionRecord, TrajectoryRecord } from '../../domain/data/records.js';
import { SHOP, TIMETABLE, writePages } from '../curation/support/page-folder.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { eventually } from '../support/processes.js';

/** From recordings of real pages to trajectories, by the real command line on real servers. */
const executablePath = await findChromium();
const skip = executablePath === null;
const why = skip ? ' (skipped: no chromium found; set CHROMIUM_BIN)' : '';

const home = homeAt(mkdtempSync(join(tmpdir(), 'rcu-')));
const ruminate = new CommandLine(home);
const scratch = mkdtempSync(join(tmpdir(), 'rcu-files-'));
const pages = join(scratch, 'pages');
const FILES = ['questions.jsonl', 'trajectories.jsonl', 'rejected.jsonl', 'report.json', 'data.json'];

let questions: readonly QuestionRecord[];
beforeAll(async () => {
  if (executablePath === null) return;
  questions = await writePages(pages, executablePath, [TIMETABLE, SHOP]);
  // Two videos that are none: each is named and counted, and the rest goes on.
  await writeFile(join(pages, 'videos', 'broken.mp4'), 'This is no video.\n'.repeat(100));
  const broken = { question: 'What?', answers: ['Oakham'] };
  await appendFile(
    join(pages, 'questions.jsonl'),
    [
      { ...broken, id: 'broken-0', video: 'videos/broken.mp4' },
      { ...broken, id: 'gone-0', video: 'videos/gone.mp4' },
      { ...broken, id: 'empty-0', video: 'videos/shop.mp4', answers: [] },
    ]
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(''),
  );
});
afterAll(async () => {
  ruminate.stop();
  await down({ home });
  for (const folder of [home.root, scratch]) rmSync(folder, { recursive: true, force: true });
});

const out = (name: string): string => join(scratch, name);
const curate = (name: string, ...more: readonly string[]): Promise<CurationReport> =>
  ruminate.json<CurationReport>('data', 'curate', pages, '--out', out(name), ...more);
const bytesOf = (name: string): readonly string[] =>
  FILES.map((file) => readFileSync(join(out(name), file), 'utf8'));
const trajectoriesOf = (name: string): readonly TrajectoryRecord[] =>
  readFileSync(join(out(name), 'trajectories.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TrajectoryRecord);

describe('ruminate data curate', () => {
  it.skipIf(skip)(`goes from a recorded page to trajectories whose boxes are right${why}`, async () => {
    const report = await curate('one');
    expect(report.videos).toEqual({ total: 4, read: 2, failed: 2 });
    expect(report.questions).toMatchObject({ total: 10, refused: 1, lost: 2 });
    expect(report.truth?.precision).toBe(1);
    expect(report.truth?.recall).toBeGreaterThanOrEqual(0.75);
    expect(report.truth?.boxShare).toBeGreaterThanOrEqual(0.9);
    expect(report.failures.map(({ video, why: said }) => [video, said.split(':')[0]])).toEqual([
      ['videos/broken.mp4', 'videos/broken.mp4'],
      ['videos/gone.mp4', 'videos/gone.mp4'],
    ]);
    expect(report.refusedLines).toEqual([
      'questions.jsonl:11: answers: expected at least one answer, got none',
    ]);
    // The page stands still for seconds: those are read once.
    expect(report.frames.read).toBeLessThan(report.frames.sampled);
    const made = trajectoriesOf('one');
    expect(made.filter(({ style }) => style === 'drp').length).toBeGreaterThanOrEqual(6);
    for (const { questionId, turns, provenance } of made) {
      const asked = questions.find(({ id }) => id === questionId);
      expect(turns.at(-1)?.action).toEqual({ tool: 'answer', text: asked?.answers[0] });
      expect(provenance.steps.map(({ step }) => step)).toEqual(['read-text', 'synthesize', 'check']);
    }
  });

  it.skipIf(skip)(`killed in the middle, it goes on where it was, to the same bytes${why}`, async () => {
    await forgetAll();
    const running = curate('two');
    await killWhileReading('two');
    await running;
    // The folders' names differ, and nothing else.
    expect(bytesOf('two')).toEqual(bytesOf('one'));
  });

  it.skipIf(skip)(`reads no video again for another seed, and one for one more video${why}`, async () => {
    const config = out('seed.yaml');
    await writeFile(config, 'synthesis: { seed: 8 }\n');
    await curate('seed', '--config', config);
    // The two that cannot be read are looked at again: they may have been mended.
    expect(await activities('seed')).toMatchObject({ readVideoText: 4, makeTrajectories: 2 });
    expect(trajectoriesOf('seed').map(({ id }) => id).length).toBeGreaterThan(0);
    await curate('again');
    expect((await activities('again')).makeTrajectories ?? 0).toBe(0);
    expect(bytesOf('again')).toEqual(bytesOf('one'));

    await copyFile(join(pages, 'videos', 'shop.mp4'), join(pages, 'videos', 'more.mp4'));
    const more = { id: 'more-0', video: 'videos/more.mp4', question: 'Which?', answers: ['Bench vice'] };
    await appendFile(join(pages, 'questions.jsonl'), `${JSON.stringify(more)}\n`);
    await curate('more');
    expect(await activities('more')).toMatchObject({ makeTrajectories: 1, checkTrajectories: 1 });
  });

  it.skipIf(skip)(`honours a person's decisions, and checks what was mended${why}`, async () => {
    const [first, second, third] = trajectoriesOf('one').filter(({ style }) => style === 'drp');
    const by = { by: 'ann', at: '2026-01-02T03:04:05Z' };
    const turn = third!.turns[0]!;
    const blank = { ...turn, action: { tool: 'crop', targetFrame: 1, bbox01: [0.9, 0.9, 0.99, 0.99] } };
    const decisions = out('decisions.jsonl');
    await writeFile(
      decisions,
      [
        { id: first!.id, decision: 'rejected', why: 'dull', ...by },
        {
          id: second!.id,
          decision: 'mended',
          trajectory: {
            ...second,
            turns: [{ ...second!.turns[0], thought: 'Let me see.' }, ...second!.turns.slice(1)],
          },
          ...by,
        },
        {
          id: third!.id,
          decision: 'mended',
          trajectory: { ...third, turns: [blank, ...third!.turns.slice(1)] },
          ...by,
        },
        { id: 'nobody/drp', decision: 'accepted', ...by },
      ]
        .map((one) => `${JSON.stringify(one)}\n`)
        .join('') + 'yes\n',
    );
    const report = await curate('decided', '--decisions', decisions);
    const made = new Map(trajectoriesOf('decided').map((one) => [one.id, one]));
    expect(made.has(first!.id)).toBe(false);
    expect(made.get(second!.id)?.turns[0]?.thought).toBe('Let me see.');
    expect(made.get(second!.id)?.provenance.review).toEqual({ decision: 'mended', by: 'ann' });
    expect(made.has(third!.id)).toBe(false);
    expect(report.trajectories.rejected).toMatchObject({ 'rejected-by-person': 1, 'not-legible': 1 });
    expect(report.decisions?.problems).toEqual([
      'decisions.jsonl:5: is no JSON',
      'decision "accepted" for "nobody/drp": there is no such trajectory',
    ]);
  });

  it.skipIf(skip)(
    `stops past the share of failures that is allowed, and says which videos${why}`,
    async () => {
      const config = out('strict.yaml');
      await writeFile(config, 'failures: { maxShare: 0.1, atLeast: 2 }\n');
      const { code, stderr } = await ruminate.run(
        ...['data', 'curate', pages, '--out', out('strict'), '--config', config],
      );
      expect(code).toBe(1);
      expect(stderr).toContain('cannot be read, more than 10 % (failures.maxShare)');
      expect(stderr).toContain('broken.mp4');
      expect(stderr).not.toMatch(STACK_TRACE);
      expect(existsSync(out('strict'))).toBe(false);
    },
  );
});

/** Empties the store of all curations: what comes next is not found, but done. */
async function forgetAll(): Promise<void> {
  await withSession(home, async ({ store }) => {
    for (const key of await store.list('curation/')) await store.delete(key);
  });
}

/** Kills the worker that is in the middle of reading a video, and sees that another takes its place. */
async function killWhileReading(name: string): Promise<void> {
  const pidNow = async (): Promise<number | null> =>
    (await status(home)).services.find(({ role }) => role === 'cpu')?.pid ?? null;
  const before = await pidNow();
  await withSession(home, async ({ temporal }) => {
    await eventually(
      'a video is being read',
      async () => {
        const handle = temporal.workflow.getHandle(curationName(out(name)));
        const { raw } = await handle.describe().catch(() => ({ raw: null }));
        return (raw?.pendingActivities ?? []).some(
          ({ activityType, heartbeatDetails }) =>
            activityType?.name === 'readVideoText' &&
            heartbeatDetails !== null &&
            heartbeatDetails !== undefined,
        );
      },
      60_000,
    );
  });
  process.kill(before ?? 0, 'SIGKILL');
  await eventually(
    'another worker takes its place',
    async () => ![null, before].includes(await pidNow()),
    60_000,
  );
}

/** How often each activity was begun, by the history of a curation's last execution. */
async function activities(name: string): Promise<Readonly<Record<string, number>>> {
  return withSession(home, async ({ temporal }) => {
    const { events } = await temporal.workflow.getHandle(curationName(out(name))).fetchHistory();
    const counts: Record<string, number> = {};
    for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
      const type = scheduled?.activityType?.name;
      if (type !== null && type !== undefined) counts[type] = (counts[type] ?? 0) + 1;
    }
    return counts;
  });
}

async function findChromium(): Promise<string | null> {
  const named = process.env['CHROMIUM_BIN'];
  if (named !== undefined && existsSync(named)) return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = await findOnPath(name);
    if (found !== null) return found;
  }
  return null;
}
