import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { homeAt } from '../../infra/home/home.js';
import { compiled } from '../../infra/services/workers.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { Folders } from './folders.js';

// Each case starts processes; on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 });

let folders: Folders;
let ruminate: CommandLine;
beforeAll(async () => {
  folders = await Folders.make();
  ruminate = new CommandLine(homeAt(folders.at('home')));
  const good = { video: 'a.mp4', question: 'What?', answers: ['x'] };
  await folders.lines('videos/questions.jsonl', [good, good, { ...good, video: '../a.mp4' }]);
});
afterAll(async () => {
  ruminate.stop();
  await folders.remove();
});

describe('ruminate data', () => {
  it('imports, checks and exports, and says what it did', async () => {
    const out = folders.at('data');
    const refused = await ruminate.run('data', 'import', 'folder', folders.at('videos'), '--out', out);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(`${folders.at('videos/questions.jsonl')}:3`);
    expect(refused.stderr).toContain(
      '1 of 3 questions refused (33.3 %), more than the 5 % that --max-refused admits',
    );
    expect(existsSync(out)).toBe(false);
    const kept = await ruminate.run(
      'data',
      'import',
      'folder',
      folders.at('videos'),
      '--out',
      out,
      '--max-refused',
      '0.5',
      '--json',
    );
    expect(kept.code).toBe(0);
    expect(JSON.parse(kept.stdout)).toMatchObject({
      failure: null,
      report: { counts: { question: { kept: 2 } } },
    });
    expect((await ruminate.run('data', 'check', out)).code).toBe(0);
    const hf = await ruminate.run('data', 'export', 'hf', out, '--out', folders.at('hf'), '--parquet');
    expect([hf.code, await readdir(folders.at('hf'))]).toEqual([
      0,
      ['README.md', 'questions', 'report.json'],
    ]);
  });

  it('tells a mistake in one message, without a stack trace, with exit code 2', async () => {
    const mistakes: readonly (readonly [string, readonly string[]])[] = [
      ['Allowed choices are m4-vitevqa', ['data', 'import', 'folders', '.', '--out', 'x']],
      ['expected a share from 0 to 1', ['data', 'check', '.', '--max-refused', '5']],
      [
        'there is no such file or folder',
        ['data', 'import', 'video-r1', folders.at('nowhere.json'), '--out', folders.at('x')],
      ],
      [
        'holds something already',
        ['data', 'import', 'folder', folders.at('videos'), '--out', folders.at('videos')],
      ],
      ['expected a data folder', ['data', 'export', 'hf', folders.at('nowhere'), '--out', folders.at('x')]],
      [
        "cannot be used with option '--trajectories'",
        ['data', 'export', 'hf', '.', '--out', 'x', '--questions', '--trajectories'],
      ],
    ];
    for (const [words, args] of mistakes) {
      const { code, stderr } = await ruminate.run(...args);
      expect(stderr).toContain(words);
      expect(stderr).not.toMatch(STACK_TRACE);
      expect(code).toBe(2);
    }
  });

  it('leaves nothing behind when it is stopped', async () => {
    const rows = Array.from({ length: 400_000 }, (_, id) => ({
      id,
      video: 'a.mp4',
      question: 'q',
      answers: ['x'],
    }));
    await folders.lines('long/questions.jsonl', rows);
    const args = [
      'data',
      'import',
      'folder',
      folders.at('long'),
      '--videos',
      folders.at('videos'),
      '--out',
      folders.at('stopped'),
    ];
    const child = spawn(process.execPath, [compiled('cli/main.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    // The folder's other name stands there as soon as work has begun.
    while (!existsSync(folders.at(`stopped.part-${child.pid!}`)) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said).toContain('Stopped; nothing was written.');
    expect((await readdir(folders.dir)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });
});
