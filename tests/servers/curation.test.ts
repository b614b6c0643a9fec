import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, copyFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCuration } from '../../configs/load-curation.js';
import type { CurationReport } from '../../domain/curation/report.js';
import type { QuestionRecord, TrajectoryRecord } from '../../domain/data/records.js';
import { knobsOf } from '../../domain/town/knobs.js';
import { curationName, startCuration } from '../../infra/client/curation.js';
import { withSession } from '../../infra/client/session.js';
import { homeAt } from '../../infra/home/home.js';
import { down } from '../../infra/services/down.js';
import { status } from '../../infra/services/status.js';
import { writeTown } from '../../infra/town/write.js';
import { writeBoards } from '../curation/support/board-folder.js';
import { SHOP, TIMETABLE, writePages } from '../curation/support/page-folder.js';
import { findChromium } from '../support/chromium.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { eventually } from '../support/processes.js';

/** From videos to trajectories, by the real command line on real servers. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'rcu-')));
const ruminate = new CommandLine(home);
const scratch = mkdtempSync(join(tmpdir(), 'rcu-files-'));
const boards = join(scratch, 'boards');
const FILES = ['questions.jsonl', 'trajectories.jsonl', 'rejected.jsonl', 'report.json', 'data.json'];

const executablePath = await findChromium();
const why = executablePath === null ? ' (skipped: no chromium found; set CHROMIUM_BIN)' : '';

let questions: readonly QuestionRecord[];
beforeAll(async () => {
  questions = await writeBoards(boards, 3);
  // Two videos that are none: each is named and counted, and the rest goes on.
  await writeFile(join(boards, 'videos', 'broken.mp4'), 'This is no video.\n'.repeat(100));
  const broken = { question: 'What?', answers: ['Oakham'] };
  await ask(
    { ...broken, id: 'broken-0', video: 'videos/broken.mp4' },
    { ...broken, id: 'gone-0', video: 'videos/gone.mp4' },
    { ...broken, id: 'empty-0', video: 'videos/board-0.mp4', answers: [] },
  );
});
afterAll(async () => {
  ruminate.stop();
  await down({ home });
  for (const folder of [home.root, scratch]) rmSync(folder, { recursive: true, force: true });
});

const ask = (...more: readonly QuestionRecord[]): Promise<void> =>
  appendFile(join(boards, 'questions.jsonl'), more.map((one) => `${JSON.stringify(one)}\n`).join(''));
const out = (name: string): string => join(scratch, name);
const command = (name: string, ...more: readonly string[]): readonly string[] => [
  ...['data', 'curate', boards, '--out', out(name)],
  ...more,
];
const curate = (name: string, ...more: readonly string[]): Promise<CurationReport> =>
  ruminate.json<CurationReport>(...command(name, ...more));
const bytesOf = (name: string): readonly string[] =>
  FILES.map((file) => readFileSync(join(out(name), file), 'utf8'));
const trajectoriesOf = (name: string): readonly TrajectoryRecord[] =>
  readFileSync(join(out(name), 'trajectories.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TrajectoryRecord);

describe('ruminate data curate', () => {
  it('goes from drawn boards to trajectories whose boxes are right', async () => {
    const report = await curate('one');
    expect(report.videos).toEqual({ total: 5, read: 3, failed: 2 });
    expect(report.questions).toMatchObject({ total: 11, refused: 1, lost: 2 });
    // Each board stands still, one of the three for two seconds: it is read once.
    expect(report.frames).toEqual({ sampled: 12, read: 9 });
    expect(report.truth).toMatchObject({ written: 9, precision: 1, boxShare: 1 });
    expect(report.truth?.recall).toBeGreaterThanOrEqual(7 / 9);
    expect(report.failures.map(({ video, why: said }) => [video, said.split(':')[0]])).toEqual([
      ['videos/broken.mp4', 'videos/broken.mp4'],
      ['videos/gone.mp4', 'videos/gone.mp4'],
    ]);
    expect(report.failures[1]?.why).toBe('videos/gone.mp4: there is no such file');
    expect(report.refusedLines).toEqual(['questions.jsonl:12: "answers" is empty: expected at least one']);
    const made = trajectoriesOf('one');
    expect(made.filter(({ style }) => style === 'drp').length).toBeGreaterThanOrEqual(7);
    for (const { questionId, turns, provenance } of made) {
      const asked = questions.find(({ id }) => id === questionId);
      expect(turns.at(-1)?.action).toEqual({ tool: 'answer', text: asked?.answers[0] });
      expect(provenance.steps.map(({ step }) => step)).toEqual(['read-text', 'synthesize', 'check']);
    }
  });

  it('left by Ctrl-C and killed in the middle, it goes on where it was, to the same bytes', async () => {
    await forgetAll();
    const watching = ruminate.start(...command('two'));
    const before = await workerPid();
    await eventually('a video is being worked on', () => isAtVideos('two'), 60_000);
    watching.interrupt();
    const { code, stderr } = await watching.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Stopped watching; the curation goes on.');
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(await statusOf('two')).toBe('RUNNING');
    process.kill(before ?? 0, 'SIGKILL');
    const another = async (): Promise<boolean> => ![null, before].includes(await workerPid());
    await eventually('another worker takes its place', another, 60_000);
    await curate('two');
    expect(await executionsOf('two')).toBe(1);
    // The folders' names differ, and nothing else.
    expect(bytesOf('two')).toEqual(bytesOf('one'));
  });

  it('stops by --cancel, says so to whoever watches, and the same command goes on to the same bytes', async () => {
    await forgetAll();
    const watching = ruminate.start(...command('three'));
    await eventually('a video is being worked on', () => isAtVideos('three'), 60_000);
    const cancelled = await ruminate.run(...command('three', '--cancel'));
    expect([cancelled.code, cancelled.stderr]).toEqual([0, expect.stringContaining('is stopping')]);
    const { code, stderr } = await watching.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('was stopped; what it has done is kept');
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(await statusOf('three')).toBe('CANCELLED');
    expect(existsSync(out('three'))).toBe(false);
    const again = await ruminate.run(...command('three', '--cancel'));
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/^No curation ".+" is going on\./)]);
    await curate('three');
    expect(bytesOf('three')).toEqual(bytesOf('one'));
  });

  it('continues as new after every batch of one video, to the same bytes', async () => {
    const name = curationName(out('pieces'));
    await withSession(home, async (session) => {
      const given = { dir: boards, out: out('pieces'), decisionsFile: null };
      const settings = parseCuration('', 'the defaults');
      await startCuration(session, { name, ...given, settings, batchVideos: 1, historyLimit: 1 });
      await session.temporal.workflow.getHandle(name).result();
    });
    expect(await executionsOf('pieces')).toBe(5);
    expect(bytesOf('pieces')).toEqual(bytesOf('one'));
  });

  it('reads no video again for another seed, and one for one more video', async () => {
    const config = out('seed.yaml');
    await writeFile(config, 'synthesis: { seed: 8 }\n');
    await curate('seed', '--config', config);
    // The two that cannot be read are looked at again: they may have been mended. The others' text is found.
    expect(await activities('seed')).toMatchObject({ readVideoText: 5, makeTrajectories: 3 });
    expect(readingsOf('seed')).toEqual(readingsOf('one'));
    expect(trajectoriesOf('seed')).not.toEqual(trajectoriesOf('one'));
    await curate('again');
    expect((await activities('again')).makeTrajectories ?? 0).toBe(0);
    expect(bytesOf('again')).toEqual(bytesOf('one'));

    await copyFile(join(boards, 'videos', 'board-1.mp4'), join(boards, 'videos', 'more.mp4'));
    await ask({ ...questions[3]!, id: 'more-0', video: 'videos/more.mp4' });
    await curate('more');
    expect(await activities('more')).toMatchObject({ makeTrajectories: 1, checkTrajectories: 1 });
  });

  it("honours a person's decisions, and checks what was mended", async () => {
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
      expect.stringMatching(/^decisions\.jsonl:5: expected JSON: /),
      'decision "accepted" for "nobody/drp": there is no such trajectory',
    ]);
  });

  it('stops past the share of failures that is allowed, and says which videos', async () => {
    const config = out('strict.yaml');
    await writeFile(config, 'failures: { maxShare: 0.1, atLeast: 2 }\n');
    const { code, stderr } = await ruminate.run(...command('strict', '--config', config));
    expect(code).toBe(1);
    expect(stderr).toContain('cannot be read, more than 10 % (failures.maxShare)');
    expect(stderr).toContain('broken.mp4');
    // The activity's own sentence, and not what lies behind it.
    expect(stderr).toMatch(/gone\.mp4: there is no such file$/m);
    expect(stderr).not.toContain('ENOENT');
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(existsSync(out('strict'))).toBe(false);
  });

  it('takes the text that a data set brings: no frame is read, and only what is looked at is', async () => {
    const town = out('town');
    await writeTown({
      dir: town,
      videos: 3,
      seed: 3,
      split: 'train',
      knobs: knobsOf('easy'),
      ocrTruth: true,
    });
    const config = out('town.yaml');
    await writeFile(config, TOWN_SETTINGS);
    const report = await ruminate.json<CurationReport>(
      ...['data', 'curate', town, '--out', out('from-town'), '--config', config],
    );
    expect(report.videos).toEqual({ total: 3, read: 3, failed: 0 });
    expect(report.frames).toEqual({ sampled: 24, read: 0 });
    expect(report.truth?.precision).toBe(1);
    expect(report.truth?.found).toBeGreaterThanOrEqual(5);
    // Quality control has read the pictures of every look with an engine.
    expect(report.madeBy['ocr']).toMatch(/tesseract/);
    expect(trajectoriesOf('from-town').length).toBeGreaterThan(0);
  });

  it.skipIf(executablePath === null)(
    `goes from a recorded page to trajectories whose boxes are right${why}`,
    async () => {
      const pages = out('pages');
      const recorded = await writePages(pages, executablePath!, [TIMETABLE, SHOP]);
      const report = await ruminate.json<CurationReport>(
        ...['data', 'curate', pages, '--out', out('from-pages')],
      );
      expect(report.videos).toEqual({ total: 2, read: 2, failed: 0 });
      expect(report.questions.total).toBe(recorded.length);
      expect(report.truth?.precision).toBe(1);
      expect(report.truth?.recall).toBeGreaterThanOrEqual(0.75);
      expect(report.truth?.boxShare).toBeGreaterThanOrEqual(0.9);
      // The page stands still for seconds: those are read once.
      expect(report.frames.read).toBeLessThan(report.frames.sampled);
    },
  );
});

/** What a small policy sees of pictures of 256 × 144. */
const TOWN_SETTINGS = `
pictures:
  overview: { widthPx: 32, heightPx: 18 }
  clip: { widthPx: 108, heightPx: 54 }
  crop: { widthPx: 256, heightPx: 144 }
`;

/** Empties the store of all curations: what comes next is not found, but done. */
async function forgetAll(): Promise<void> {
  await withSession(home, async ({ store }) => {
    for (const key of await store.list('curation/')) await store.delete(key);
  });
}

async function workerPid(): Promise<number | null> {
  return (await status(home)).services.find(({ role }) => role === 'cpu')?.pid ?? null;
}

/** Whether an activity on a video is under way. */
async function isAtVideos(name: string): Promise<boolean> {
  return withSession(home, async ({ temporal }) => {
    const handle = temporal.workflow.getHandle(curationName(out(name)));
    const { raw } = await handle.describe().catch(() => ({ raw: null }));
    return (raw?.pendingActivities ?? []).some(
      ({ activityType, attempt, lastStartedTime }) =>
        ['readVideoText', 'checkTrajectories'].includes(activityType?.name ?? '') &&
        attempt === 1 &&
        lastStartedTime !== null,
    );
  });
}

async function statusOf(name: string): Promise<string> {
  return withSession(home, async ({ temporal }) => {
    return (await temporal.workflow.getHandle(curationName(out(name))).describe()).status.name;
  });
}

/** Executions of a curation, those that continued as new included. */
async function executionsOf(name: string): Promise<number> {
  return withSession(home, async ({ temporal }) => {
    let count = 0;
    const query = `WorkflowId = "${curationName(out(name))}"`;
    for await (const _ of temporal.workflow.list({ query })) count++;
    return count;
  });
}

/** Which reading each trajectory rests on. */
function readingsOf(name: string): ReadonlySet<string> {
  return new Set(trajectoriesOf(name).map(({ provenance }) => provenance.steps[0]!.sha256));
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
