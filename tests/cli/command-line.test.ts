import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cudaProblem } from '../../infra/client/device.js';
import { homeAt, type Home } from '../../infra/home/home.js';
import { CommandLine, STACK_TRACE, type Ended } from '../support/command-line.js';

const COMMANDS = [
  ...['run', 'list', 'status', 'watch', 'cancel', 'report', 'eval', 'ask', 'export'],
  ...['serve', 'tool', 'up', 'down', 'doctor'],
];

// Each case starts processes; on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 });

const cuda = await cudaProblem();

let folder: string;
let home: Home;
let ruminate: CommandLine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-cli-'));
  home = homeAt(join(folder, 'home'));
  ruminate = new CommandLine(home);
});
afterAll(async () => {
  ruminate.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One message for people, the exit code of a mistake, and no stack trace. */
function expectMistake(ended: Ended, ...words: readonly string[]): void {
  for (const word of words) expect(ended.stderr).toContain(word);
  expect(ended.stderr).not.toMatch(STACK_TRACE);
  expect(ended.code).toBe(2);
}

describe('help', () => {
  it('lists every command, and each has examples', async () => {
    const all = await ruminate.run('--help');
    expect(all.code).toBe(0);
    const pages = await Promise.all(COMMANDS.map((command) => ruminate.run(command, '--help')));
    for (const [i, page] of pages.entries()) {
      expect(all.stdout).toMatch(new RegExp(`^  ${COMMANDS[i]}\\b`, 'm'));
      expect(page.stdout).toContain('Examples:\n  $ ');
      expect(page.code).toBe(0);
    }
    expect((await ruminate.run('data', 'world', '--help')).stdout).toContain('ruminate data world --out');
  });

  it('offers the nearest command for one that is not there', async () => {
    expectMistake(await ruminate.run('raport'), "unknown command 'raport'", 'Did you mean report?');
    expectMistake(await ruminate.run('run'), "missing required argument 'file'");
    expectMistake(await ruminate.run('list', '--jsn'), "unknown option '--jsn'");
    expectMistake(await ruminate.run('run', 'x.yaml', '--seed', 'red'), 'expected a whole number');
  });
});

describe('a mistake', () => {
  it('in a curriculum is told with its line before anything starts', async () => {
    const file = join(folder, 'wrong.yaml');
    await writeFile(file, 'name: wrong\npolicy:\n  base: { type: fresh }\n  with: 64\nstages: []\n');
    expectMistake(
      await ruminate.run('run', file),
      'wrong.yaml:4:3',
      'unknown key `with`',
      'did you mean "width"?',
    );
    expectMistake(await ruminate.run('run', join(folder, 'none.yaml')), 'there is no such file');
    expect(existsSync(home.settingsFile)).toBe(false);
  });

  it.skipIf(cuda === null)(
    'in the device is told before anything starts, with what to install (skipped where CUDA is here)',
    async () => {
      const file = join(folder, 'cuda.yaml');
      await writeFile(file, `${await readFile('configs/tiny.yaml', 'utf8')}\ncompute: { device: cuda }\n`);
      expectMistake(
        await ruminate.run('run', file),
        'compute.device is cuda, but onnxruntime',
        'or set compute.device: cpu',
      );
      expect(existsSync(home.settingsFile)).toBe(false);
    },
  );

  it('of asking for runs while nothing runs says what to type', async () => {
    const commands = [['list'], ['status', 'mini'], ['report'], ['cancel', 'mini'], ['watch']];
    const all = await Promise.all(commands.map((args) => ruminate.run(...args)));
    for (const ended of all) expectMistake(ended, 'no services were ever started', 'ruminate up');
  });

  it('in a path is told before anything is started for it', async () => {
    expectMistake(await ruminate.run('eval', '--data', folder), 'no questions.jsonl', 'ruminate data world');
    expectMistake(await ruminate.run('ask', join(folder, 'none.mp4'), 'What?'), 'there is no such file');
    // Options of the other kind of model are refused by name, never ignored.
    expectMistake(
      await ruminate.run('ask', 'a.mp4', 'What?', '--name', 'x', '--frames', '3'),
      '--name, --frames',
    );
    expectMistake(await ruminate.run('eval', '--data', folder, '--max-looks', '3'), '--max-looks');
    const served = ['--base-url', 'http://127.0.0.1:1/v1'];
    expectMistake(await ruminate.run('ask', 'a.mp4', 'What?', ...served, '--run', 'mini'), '--run');
  });
});

describe('status', () => {
  it('is a stable form for scripts, also where nothing runs', async () => {
    expect(await ruminate.json('status')).toEqual({ services: [], runs: [] });
    const { stdout, code } = await ruminate.run('status');
    expect(stdout).toContain('ruminate up');
    expect(code).toBe(0);
  });
});

describe('data and tools', () => {
  it('write a world, and look at it by hand', async () => {
    const world = join(folder, 'world');
    const made = await ruminate.json<{ videos: number; split: string }>(
      ...['data', 'world', '--out', world, '--videos', '1', '--seed', '5', '--split', 'validation'],
    );
    expect(made).toMatchObject({ videos: 1, split: 'validation', seed: 5 });
    const video = join(world, 'videos', '000000.mp4');

    const looks = join(folder, 'looks');
    const overview = await ruminate.run('tool', 'overview', video, '--out', looks);
    expect(overview.code).toBe(0);
    const names = await readdir(looks);
    expect(names).toEqual([...names].sort());
    expect(names).toHaveLength(8);
    expect(overview.stdout.trim().split('\n')).toEqual(names.map((name) => join(looks, name)));

    const bad = await ruminate.run('tool', 'crop', video, '{"target_frame": 99}', '--out', looks);
    expect(bad.stdout).toMatch(/\w+.*\.$/m);
    expectMistake(bad);
  });

  it('say in one sentence that a file is no video', async () => {
    const file = join(folder, 'text.mp4');
    await writeFile(file, 'not a video');
    const ended = await ruminate.run('tool', 'overview', file, '--out', join(folder, 'none'));
    expect(ended.stderr).toContain(`ruminate: ${file}`);
    expect(ended.stderr).not.toMatch(STACK_TRACE);
    expect(ended.code).toBe(1);
  });
});

describe('doctor', () => {
  it('names each part with what was found and whether it will do', async () => {
    const { stdout } = await ruminate.run('doctor', '--json');
    const lines = JSON.parse(stdout) as { what: string; ok: boolean }[];
    expect(lines.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['node', 'temporal', 'minio', 'ffmpeg', 'fonts', 'disk']),
    );
    for (const line of lines) expect(typeof line.ok).toBe('boolean');
  });
});
