import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunPlan } from '../../domain/plan/run-plan.js';
import { homeAt } from '../../infra/home/home.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';

// Each case starts processes; on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let never: string;
let ruminate: CommandLine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-dry-run-'));
  never = join(folder, 'never');
  ruminate = new CommandLine({ ...homeAt(join(folder, 'home')), root: never });
});
afterAll(async () => {
  ruminate.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('ruminate run --dry-run', () => {
  it('shows the plan, and makes neither a home nor a run', async () => {
    const shown = await ruminate.run('run', 'configs/video-r4.yaml', '--dry-run', '--name', 'big');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^big: what this run would do\. Nothing was started or written\.\n/);
    for (const words of ['8.29 billion parameters in bf16', 'CRP-SFT', 'runs/big/RL_c/', 'not measured'])
      expect(shown.stdout).toContain(words);
    expect(existsSync(never)).toBe(false);
  });

  it('with --json is the plan as data, with the seed and name that were asked for', async () => {
    const plan = await ruminate.json<RunPlan>('run', 'configs/mini.yaml', '--dry-run', '--seed', '8');
    expect(plan).toMatchObject({ run: 'mini', seed: 8, engine: 'onnx', writes: { home: never } });
    expect(plan.stages).toHaveLength(5);
    expect(plan.data.train.dir).toBe(join(never, 'data/worlds/world-1-train-3000x8'));
    expect(existsSync(never)).toBe(false);
  });

  it('refuses what a run would refuse: a bad file, a bad name, a base that is not there', async () => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, 'name: wrong\npolicy:\n  base: { type: fresh }\n  with: 64\nstages: []\n');
    const base = join(folder, 'base.yaml');
    const stage = '{ name: a, type: sft, trajectories: { style: drp, count: 1 }, steps: 1 }';
    const data = '{ world: { train: { videos: 1 }, test: { videos: 1 } } }';
    const policy = '{ base: { type: file, path: none.safetensors } }';
    await writeFile(base, `name: base\npolicy: ${policy}\ndata: ${data}\nstages: [${stage}]\n`);
    for (const [args, words] of [
      [[file], 'wrong.yaml:4:3'],
      [['configs/mini.yaml', '--name', 'no/name'], 'got "no/name"'],
      [[base], 'policy.base.path: expected a safetensors file'],
    ] as const) {
      const ended = await ruminate.run('run', '--dry-run', ...args);
      expect(ended.stderr).toContain(words);
      expect(ended.stderr).not.toMatch(STACK_TRACE);
      expect(ended.code).toBe(2);
    }
  });
});

describe('ruminate run on data folders', () => {
  it('is refused before anything starts where a folder lacks what a stage learns from', async () => {
    for (const split of ['train', 'test']) {
      const dir = join(folder, split);
      await mkdir(dir);
      await writeFile(join(dir, `${split}.mp4`), `the bytes of ${split}`);
      const question = { id: 'q', video: `${split}.mp4`, question: 'What?', answers: ['x'] };
      await writeFile(join(dir, 'questions.jsonl'), `${JSON.stringify(question)}\nno row\n`);
    }
    const file = join(folder, 'own.yaml');
    const optimizer = '{ type: adamw, lr: 1e-5 }';
    const stage = `{ name: S, type: sft, trajectories: { style: crp, count: 1 }, steps: 1, optimizer: ${optimizer} }`;
    const prompt = resolve('configs/prompts/default.yaml');
    const policy = `{ engine: torch, model: { type: tiny }, prompt: ${prompt} }`;
    const data = '{ folders: { train: train, test: test } }';
    await writeFile(file, `name: own\npolicy: ${policy}\ndata: ${data}\nstages: [${stage}]\n`);
    const ended = await ruminate.run('run', file);
    expect(ended.stderr).toContain(
      'the data folders lack what the curriculum asks for:\n  stage "S" learns from crp trajectories: train has 0 crp trajectories',
    );
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(existsSync(never)).toBe(false);
    const direct = (await ruminate.run('run', file, '--dry-run')).stderr;
    expect(direct).toContain('train has 0 crp trajectories');
  });
});
