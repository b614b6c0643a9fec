import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SaidRecords } from '../../activities/torch/records.js';
import type { ConversationRecord, SampledTokens } from '../../domain/conversation/records.js';
import type { GradedRollout } from '../../domain/graded.js';
import type { RefKind } from '../../domain/refs.js';
import type { Question } from '../../domain/world/records.js';
import { describeAnswers } from '../../infra/client/answers.js';
import { answersView, type AnswersView } from '../../infra/client/answers-status.js';
import { withSession } from '../../infra/client/session.js';
import { homeAt } from '../../infra/home/home.js';
import { down } from '../../infra/services/down.js';
import { status } from '../../infra/services/status.js';
import { projectRoot } from '../../infra/setup/paths.js';
import { engineSources } from '../../infra/torch/python.js';
import { writeWorld } from '../../infra/world/write.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { eventually } from '../support/processes.js';
import { python, skipped } from '../torch/support.js';

/** Questions to a model in a Python process by the real command line, on real servers; Python and its worker are killed. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'rta-')));
const ruminate = new CommandLine(home);
const scratch = mkdtempSync(join(tmpdir(), 'rta-files-'));
const world = join(scratch, 'world');
const model = join(scratch, 'tiny');
const ROLE = 'gpu-rollout';
const FIFTY = 50;

beforeAll(async () => {
  if (python.path === null) return;
  await writeWorld({ dir: world, videos: 2, seed: 11, split: 'test', questionsPerVideo: 4 });
  const questions = readFileSync(join(world, 'questions.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Question);
  const lines = Array.from({ length: FIFTY }, (_, i) => {
    const question = questions[i % questions.length]!;
    return JSON.stringify({ ...question, id: idOf(i), video: join(world, question.video) });
  });
  writeFileSync(join(scratch, 'fifty.jsonl'), `${lines.join('\n')}\n`);
  const env = { ...process.env, PYTHONPATH: engineSources() };
  execFileSync(python.path, ['-m', 'ruminate_torch.tiny', model], { env, stdio: 'ignore' });
});
afterAll(async () => {
  ruminate.stop();
  await down({ home });
  for (const folder of [home.root, scratch]) rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(python.path === null)(`a batch of fifty questions to the torch engine${skipped}`, () => {
  it('is recorded whole: every message with its tokens and their log-probabilities', async () => {
    const { code, stdout, stderr } = await ruminate.run(...command('quiet'));
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`of ${FIFTY} questions answered, 0 failed`);
    const said = recordsOf('quiet').flatMap(({ turns }) => turns.map(({ spoken }) => spoken));
    for (const { sampled, logProbs, by } of said) {
      expect(by).toEqual({ url: 'torch', model: 'tiny' });
      const chosen = sampled!.logProbs.filter((_, t) => sampled!.mask[t] === 1);
      expect(logProbs!.map(({ logProb }) => logProb)).toEqual(chosen);
    }
    // Drawn, not the same over and over.
    expect(new Set(said.map(({ text }) => text)).size).toBeGreaterThan(FIFTY);
  });

  it('is the same, bit for bit and each message counted once, when the Python process and its worker are killed', async () => {
    const asking = ruminate.start(...command('killed'));
    await eventually('some are answered', async () => (await view('killed')).done >= 5, 120_000);

    const first = await pythonOf(await workerPid());
    await holdAtWork(first);
    process.kill(first, 'SIGKILL');
    const before = (await view('killed')).done;
    await eventually('it goes on', async () => (await view('killed')).done >= before + 5, 120_000);

    const worker = await workerPid();
    const second = await pythonOf(worker);
    expect(second).not.toBe(first);
    await holdAtWork(second);
    process.kill(worker, 'SIGKILL');
    process.kill(second, 'SIGCONT');
    await eventually(
      'Python ends with its worker',
      () => processes().every(({ pid }) => pid !== second),
      30_000,
    );

    const { code, stdout, stderr } = await asking.ended;
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`of ${FIFTY} questions answered, 0 failed`);
    const [quiet, killed] = [recordsOf('quiet'), recordsOf('killed')];
    expect(killed.map(({ question }) => question.id)).toEqual(
      Array.from({ length: FIFTY }, (_, i) => idOf(i)),
    );
    expect(killed.map(whatCounts)).toEqual(quiet.map(whatCounts));
    for (const { spent, turns } of killed) expect(spent.messages).toBe(turns.length);
    // The calls that came to nothing are known, apart from the messages.
    const wasted = (why: string): number =>
      killed.reduce((sum, { spent }) => sum + (spent.wasted[why] ?? 0), 0);
    expect(wasted('engine lost')).toBeGreaterThan(0);
    expect(wasted('worker lost')).toBeGreaterThan(0);
  });

  it('stands in status with what it cost, and is shown as it was when it is asked for again', async () => {
    const { sums, model: name } = await ruminate.json<AnswersView>('status', 'killed');
    const spent = (await ruminate.json<AnswersView>('status', 'quiet')).sums.spent;
    expect({ ...sums.spent, wasted: {} }).toEqual(spent);
    expect(name).toBe('tiny');
    const again = await ruminate.run(...command('killed'));
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('The run "killed" is complete')]);
  });
});

describe.skipIf(python.path === null)(`a policy that the torch engine trained${skipped}`, () => {
  it('is asked as it was evaluated: the same words and log-probabilities, of the weights of its stage', async () => {
    const file = join(scratch, 'small.yaml');
    writeFileSync(file, SMALL);
    expect((await ruminate.run('run', file, '--name', 'small', '--watch')).code).toBe(0);
    const folder = await testFolder();
    const out = join(scratch, 'evaluated.jsonl');
    const row = await ruminate.json<{ readonly n: number; readonly model: string }>(
      ...['eval', 'small', '--stage', 'DRP-SFT', '--data', folder, '--out', out, '--name', 'evaluated'],
    );
    expect(row).toMatchObject({ n: 8, model: 'small/DRP-SFT' });
    const records = new Map(recordsOf('evaluated', out).map((record) => [record.question.id, record]));
    const [after, base] = [await evaluated('DRP-SFT'), await evaluated('base')];
    expect(after.map(({ id }) => id)).toEqual(base.map(({ id }) => id));
    for (const { id, said } of after)
      expect(records.get(id)!.turns.map(({ spoken }) => spoken.sampled)).toEqual(said);
    expect(after).not.toEqual(base);

    const { turns } = records.get(after[0]!.id)!;
    const { video, question } = records.get(after[0]!.id)!.question;
    const asked = await ruminate.run('ask', video, question, '--run', 'small', '--json');
    const answer = JSON.parse(asked.stdout) as ConversationRecord;
    expect(answer.turns.map(({ spoken }) => spoken.text)).toEqual(turns.map(({ spoken }) => spoken.text));
  });

  it('heeds no option that would have it asked otherwise', async () => {
    const { code, stderr } = await ruminate.run('eval', 'small', '--data', world, '--frames', '4');
    expect(stderr).toContain('--frames: a policy that was trained here is asked as it was trained');
    expect(code).toBe(2);
  });
});

/** One stage of a few steps, on pictures of four tokens. */
const SMALL = `name: small
policy:
  engine: torch
  model: { type: tiny }
  adapter: { type: full }
  dtype: fp32
  gradientCheckpointing: false
  maxLooks: 1
  maxTokens: 16
  view: { fps: 1, frames: 2, overviewPixels: 3136, clipPixels: 3136, cropPixels: 3136 }
  prompt: ${join(projectRoot(), 'configs', 'prompts', 'short.yaml')}
data: { world: { train: { videos: 2 }, validation: { videos: 1 }, test: { videos: 1 } } }
stages:
  - name: DRP-SFT
    type: sft
    trajectories: { style: drp, count: 4 }
    steps: 4
    batchSize: 2
    stepsPerCommit: 4
    optimizer: { type: adamw, lr: 1e-2 }
evaluation: { single: 2, several: 1 }
compute: { threads: 1 }
`;

/** Where the run has put its test world. */
async function testFolder(): Promise<string> {
  const worlds = join(home.dataFolder, 'worlds');
  const [name] = (await readdir(worlds)).filter((one) => one.includes('-test-'));
  return join(worlds, name!);
}

/** What the run's own evaluation of a stage sampled, question after question. */
function evaluated(
  stage: string,
): Promise<readonly { readonly id: string; readonly said: readonly SampledTokens[] }[]> {
  return withSession(home, async ({ store }) => {
    const read = async (key: string, kind: RefKind): Promise<string> =>
      Buffer.from(await store.get((await store.head(key, kind))!)).toString('utf8');
    const keys = (await store.list(`runs/small/evaluation/${stage}/`)).toSorted();
    const found = [];
    for (const key of keys.filter((one) => one.endsWith('/graded.jsonl'))) {
      const turns: SaidRecords[] = [];
      for (const turn of keys.filter((one) => one.startsWith(key.replace('graded.jsonl', 'turn-'))))
        turns.push(JSON.parse(await read(turn, 'turn')) as SaidRecords);
      const ids = (await read(key, 'trajectories')).trim().split('\n');
      for (const [row, line] of ids.entries()) {
        const { questionId } = JSON.parse(line) as GradedRollout;
        const said = turns.flatMap((records) => records[row] ?? []);
        found.push({
          id: questionId,
          said: said.map(({ tokens, mask, logProbs }) => ({ tokens, mask, logProbs })),
        });
      }
    }
    return found;
  });
}

/** A record without how long its messages took and what was tried in vain for them. */
function whatCounts({ spent, turns, ...record }: ConversationRecord): object {
  return {
    ...record,
    spent: { ...spent, wasted: {} },
    turns: turns.map(({ spoken, looked }) => ({
      looked,
      spoken: { ...spoken, timeMs: null, spent: { ...spoken.spent, wasted: {} } },
    })),
  };
}

function idOf(i: number): string {
  return `q${i}`;
}

function command(name: string): readonly string[] {
  const small = ['--overview-pixels', '--clip-pixels', '--crop-pixels'].flatMap((option) => [option, '3136']);
  return [
    ...['ask', '--batch', join(scratch, 'fifty.jsonl'), '--engine', 'torch', '--model', model],
    ...['--name', name, '--out', join(scratch, `${name}.out.jsonl`), '--frames', '2', ...small],
    ...['--max-tokens', '16', '--max-looks', '1', '--max-turns', '2', '--threads', '1'],
    ...['--temperature', '1', '--seed', '5', '--log-probs'],
  ];
}

function recordsOf(name: string, file = join(scratch, `${name}.out.jsonl`)): readonly ConversationRecord[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ConversationRecord);
}

/** How far a run is; nothing is done before it has begun. */
async function view(name: string): Promise<Pick<AnswersView, 'done' | 'work'>> {
  await sleep(300);
  try {
    return await withSession(home, async (session) => {
      const described = await describeAnswers(session, name);
      return described === null ? NOTHING_YET : answersView(session, name, described);
    });
  } catch {
    return NOTHING_YET;
  }
}

const NOTHING_YET = { done: 0, work: [] } as const;

/** Stops a process while turns wait for it. */
async function holdAtWork(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually(
    'turns are under way',
    async () => (await view('killed')).work.filter(({ activity }) => activity === 'speak').length > 1,
    60_000,
  );
  // Until what they ask for has come to the socket.
  await sleep(1_000);
}

async function workerPid(): Promise<number> {
  const pid = (await status(home)).services.find(({ role }) => role === ROLE)?.pid;
  if (pid === null || pid === undefined) throw new Error(`${ROLE} does not run`);
  return pid;
}

async function pythonOf(worker: number): Promise<number> {
  const find = (): number | undefined =>
    processes().find(({ parent, line }) => parent === worker && line.includes('ruminate_torch'))?.pid;
  await eventually('Python runs', () => find() !== undefined, 60_000);
  return find()!;
}

/** Of this machine, those that have ended but were not waited for left out. */
function processes(): readonly { readonly pid: number; readonly parent: number; readonly line: string }[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return table.split('\n').flatMap((row) => {
    const [pid, parent, state = 'Z', ...line] = row.trim().split(/\s+/);
    return state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), line: line.join(' ') }];
  });
}
