import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationRecord } from '../../domain/conversation/records.js';
import type { Question } from '../../domain/world/records.js';
import { describeAnswers } from '../../infra/client/answers.js';
import { answersView, type AnswersSummary, type AnswersView } from '../../infra/client/answers-status.js';
import { withSession } from '../../infra/client/session.js';
import { homeAt } from '../../infra/home/home.js';
import { down } from '../../infra/services/down.js';
import { status } from '../../infra/services/status.js';
import { compiled } from '../../infra/services/workers.js';
import { writeWorld } from '../../infra/world/write.js';
import { exported, randomPolicy } from '../serve/support/policies.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { eventually } from '../support/processes.js';

/** Questions to a served model by the real command line, on real servers, any of which is killed. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'ran-')));
const ruminate = new CommandLine(home);
const scratch = mkdtempSync(join(tmpdir(), 'ran-files-'));
const TURNS_AT_ONCE = 4;

let port: number;
let policy: string;
let questions: readonly Question[];
let endpoint: Endpoint;

beforeAll(async () => {
  const world = join(scratch, 'world');
  await writeWorld({ dir: world, videos: 2, seed: 11, split: 'test', questionsPerVideo: 4 });
  const lines = readFileSync(join(world, 'questions.jsonl'), 'utf8').trim().split('\n');
  questions = lines
    .map((line) => JSON.parse(line) as Question)
    .map((question) => ({ ...question, video: join(world, question.video) }));
  policy = await exported(join(scratch, 'policy'), randomPolicy(5, true));
  port = await getPort();
  endpoint = await startEndpoint();
});
afterAll(async () => {
  ruminate.stop();
  endpoint.kill();
  await down({ home });
  for (const folder of [home.root, scratch]) rmSync(folder, { recursive: true, force: true });
});

describe('a batch of questions', () => {
  it('of fifty is answered whole and once, though its endpoint and a worker are killed, and no turn is paid for again but those under way', async () => {
    const file = ask(
      'fifty',
      Array.from({ length: 50 }, (_, i) => questionAt(i)),
    );
    const asking = ruminate.start(...command('fifty', file));
    await eventually('some are answered', async () => (await view('fifty')).done >= 8, 120_000);

    endpoint.kill();
    const answered = endpoint.served();
    await eventually(
      'calls are refused',
      async () => (await view('fifty')).work.some(({ retried }) => retried !== null),
      60_000,
    );
    const waiting = /speak: tried again after: .*(connection refused|connection was cut)/;
    expect((await ruminate.run('status', 'fifty')).stdout).toMatch(waiting);
    await sleep(3_000);
    expect((await view('fifty')).state).toBe('running');
    endpoint = await startEndpoint();
    const before = (await view('fifty')).done;
    await eventually('it goes on', async () => (await view('fifty')).done >= before + 8, 120_000);

    // An endpoint that thinks: the worker is killed while it waits for it, and the turns are known to be lost.
    endpoint.pause();
    await eventually(
      'turns are under way',
      async () => (await view('fifty')).work.some(({ activity }) => activity === 'speak'),
      60_000,
    );
    await sleep(1_000);
    process.kill(await pidOf('curriculum'), 'SIGKILL');
    endpoint.resume();

    const { code, stdout, stderr } = await asking.ended;
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(code).toBe(0);
    expect(stdout).toContain('50 of 50 questions answered, 0 failed');
    const records = recordsOf('fifty');
    expect(records.map(({ question: { id } }) => id)).toEqual(
      Array.from({ length: 50 }, (_, i) => questionAt(i).id),
    );
    expect(records.filter(({ answer }) => answer === null)).toEqual([]);
    // What was kept is what the ledger has; what was served beside it was under way when the worker was killed.
    const kept = records.reduce((sum, { spent }) => sum + spent.messages, 0);
    expect(records.reduce((sum, { turns }) => sum + turns.length, 0)).toBe(kept);
    expect(records.reduce((sum, { spent }) => sum + (spent.wasted['worker lost'] ?? 0), 0)).toBeGreaterThan(
      0,
    );
    const paid = answered + endpoint.served();
    expect(paid).toBeGreaterThanOrEqual(kept);
    expect(paid - kept).toBeLessThanOrEqual(TURNS_AT_ONCE);
    expect(await executionsOf('fifty')).toBe(1);
  });

  it('stands in list and status with how many are done and what it cost, and has no report to ask for', async () => {
    const listed = await ruminate.json<readonly AnswersSummary[]>('list');
    expect(listed).toMatchObject([
      { kind: 'answers', run: 'fifty', model: 'policy', state: 'completed', done: 50, total: 50 },
    ]);
    const { row, sums, ...shown } = await ruminate.json<AnswersView>('status', 'fifty');
    expect(shown).toMatchObject({ kind: 'answers', state: 'completed', done: 50, total: 50, work: [] });
    expect(row.n).toBe(50);
    expect(listed[0]!.accuracy).toBe(row.accuracy);
    expect(sums.spent.promptTokens).toBeGreaterThan(0);
    expect((await ruminate.run('list')).stdout).toContain('questions to policy');
    const watched = await ruminate.run('watch', 'fifty');
    expect([watched.code, watched.stdout]).toEqual([0, expect.stringContaining('50 of 50 questions')]);
    const report = await ruminate.run('report', 'fifty');
    expect(report.code).toBe(2);
    expect(report.stderr).toContain('"fifty" is a run of questions');
  });

  it('loses one question that the server refuses, and says which and why', async () => {
    const strange = { ...questionAt(1), id: 'strange', question: 'Xyzzy?' };
    const { code, stdout, stderr } = await ruminate.run(
      ...command('three', ask('three', [questionAt(0), strange, questionAt(2)])),
    );
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(code).toBe(0);
    expect(stdout).toContain('2 of 3 questions answered, 1 failed');
    expect(stdout).toMatch(/^ {2}strange: http:.* refuses this request \(400\): .*word/m);
    expect(recordsOf('three').map(({ answer }) => answer === null)).toEqual([false, true, false]);
  });

  it('is stopped by cancel while its endpoint is away, and the same command takes it up', async () => {
    // So many that they cannot all be answered before the endpoint is gone.
    const file = ask(
      'stopped',
      Array.from({ length: 40 }, (_, i) => questionAt(i)),
    );
    const asking = ruminate.start(...command('stopped', file));
    await eventually('some are answered', async () => (await view('stopped')).done >= 1, 60_000);
    endpoint.kill();
    const cancelled = await ruminate.run('cancel', 'stopped');
    expect([cancelled.code, cancelled.stderr]).toEqual([
      0,
      expect.stringContaining('what was answered stands'),
    ]);
    expect((await asking.ended).code).toBe(1);
    const shown = await ruminate.run('status', 'stopped');
    expect(shown.stdout).toMatch(/stopped \(questions to policy\) · cancelled/);
    expect(shown.stdout).toContain(`ruminate ask --batch ${file} --name stopped`);
    const { sums } = await ruminate.json<AnswersView>('status', 'stopped');
    endpoint = await startEndpoint();
    const { code, stdout, stderr } = await ruminate.run(...command('stopped', file));
    expect(stderr).toContain('is taken up again');
    expect([code, stdout]).toEqual([0, expect.stringContaining('40 of 40 questions answered, 0 failed')]);
    // Nothing of what was answered is asked again.
    const messages = recordsOf('stopped').reduce((sum, { spent }) => sum + spent.messages, 0);
    expect(sums.spent.messages).toBeGreaterThan(0);
    expect(endpoint.served()).toBeLessThanOrEqual(messages - sums.spent.messages);
  });
});

function questionAt(i: number): Question & { readonly id: string } {
  return { ...questions[i % questions.length]!, id: `q${i}` };
}

function ask(name: string, asked: readonly Question[]): string {
  const file = join(scratch, `${name}.jsonl`);
  writeFileSync(file, asked.map((question) => `${JSON.stringify(question)}\n`).join(''));
  return file;
}

function command(name: string, file: string): readonly string[] {
  return [
    ...['ask', '--batch', file, '--base-url', `http://127.0.0.1:${port}/v1`, '--name', name],
    ...['--concurrency', String(TURNS_AT_ONCE), '--max-looks', '1'],
    ...['--out', join(scratch, `${name}.out.jsonl`)],
  ];
}

function recordsOf(name: string): readonly ConversationRecord[] {
  return readFileSync(join(scratch, `${name}.out.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ConversationRecord);
}

/** How far a run is; nothing is done before it has begun. */
async function view(name: string): Promise<Pick<AnswersView, 'done' | 'state' | 'work'>> {
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

const NOTHING_YET = { done: 0, state: 'running', work: [] } as const;

async function executionsOf(name: string): Promise<number> {
  return withSession(home, async ({ temporal }) => {
    let count = 0;
    for await (const _ of temporal.workflow.list({ query: `WorkflowId = "answers/${name}"` })) count++;
    return count;
  });
}

async function pidOf(role: string): Promise<number> {
  const pid = (await status(home)).services.find((service) => service.role === role)?.pid;
  if (pid === null || pid === undefined) throw new Error(`${role} does not run`);
  return pid;
}

interface Endpoint {
  /** SIGKILL: nothing is said and nothing finished. */
  kill(): void;
  /** Stands still, as one that thinks for long. */
  pause(): void;
  resume(): void;
  /** Turns that it has answered. */
  served(): number;
}

/** `ruminate serve` as a process of its own, always on the same port. */
async function startEndpoint(): Promise<Endpoint> {
  const args = [compiled('cli/main.js'), 'serve', '--from', policy, '--port', String(port), '--threads', '1'];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, log] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (log += text));
  await eventually('the endpoint listens', () => stdout.includes('answers as model'), 60_000);
  return {
    kill: () => child.kill('SIGKILL'),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    served: () => log.match(/^POST \/v1\/chat\/completions 200 /gm)?.length ?? 0,
  };
}
