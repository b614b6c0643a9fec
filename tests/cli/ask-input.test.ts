import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { homeAt, type Home } from '../../infra/home/home.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';

// Each case starts a process; on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 });

/** What can be wrong with a question and with a server is told in one message, before any service is started for it. */
let folder: string;
let home: Home;
let ruminate: CommandLine;
let video: string;
let server: Server;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-ask-'));
  home = homeAt(join(folder, 'home'));
  ruminate = new CommandLine(home);
  video = join(folder, 'a.mp4');
  await writeFile(video, 'looked at by nobody');
  process.env['RUMINATE_TEST_KEY'] = 'sk-wrong-0123456789';
  server = createServer((request, response) => {
    response.statusCode = request.headers.authorization === undefined ? 404 : 401;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ error: { message: `who is ${request.headers.authorization ?? 'nobody'}?` } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  delete process.env['RUMINATE_TEST_KEY'];
  ruminate.stop();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function refused(code: number, args: readonly string[], ...words: readonly string[]): Promise<void> {
  const ended = await ruminate.run('ask', ...args);
  for (const word of words) expect(ended.stderr).toContain(word);
  expect(ended.stderr).not.toMatch(STACK_TRACE);
  expect(ended.stderr).not.toContain('sk-wrong-0123456789');
  expect(ended.code).toBe(code);
  expect(existsSync(home.settingsFile)).toBe(false);
}

describe('a question that is none', () => {
  it('is refused by name, of a trained policy and of a served model', async () => {
    await refused(2, [video, ' '], 'the question is empty');
    await refused(2, [video, '', '--base-url', 'http://127.0.0.1:1/v1'], 'the question is empty');
  });

  it.each([
    ['an empty line', '', 'expected a question, got an empty line'],
    ['an empty question', '{"video": "a.mp4", "question": " "}', 'the question is empty'],
    ['something else', 'What?', 'expected JSON, got "What?"'],
  ])('is refused of a batch with its line: %s', async (name, line, message) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.jsonl`);
    const good = '{"id": "x", "video": "a.mp4", "question": "What?"}';
    await writeFile(file, `${good}\n${line}\n{"video": "a.mp4", "question": "And?"}\n`);
    await refused(1, ['--batch', file, '--base-url', `${url}/v1`], `${file}:2: ${message}`);
  });
});

describe('a server that is none', () => {
  it('is named with what to type', async () => {
    await refused(
      2,
      [video, 'What?', '--base-url', 'http://127.0.0.1:1/v1'],
      ...['http://127.0.0.1:1/v1: nobody answers there (connection refused)', '--base-url'],
    );
    await refused(
      2,
      [video, 'What?', '--base-url', 'localhost:8000'],
      'expected such as http://127.0.0.1:8000/v1',
    );
    await refused(2, [video, 'What?', '--base-url', url], `${url}/models: there is none (404)`, '/v1');
  });

  it('refuses a key: which variable it came from is said, and never the key', async () => {
    await refused(
      2,
      [video, 'What?', '--base-url', url, '--key-variable', 'RUMINATE_TEST_KEY'],
      ...[
        `${url} refuses the key in RUMINATE_TEST_KEY (401): who is Bearer [key]?`,
        'check RUMINATE_TEST_KEY',
      ],
    );
    await refused(
      2,
      [video, 'What?', '--base-url', url, '--key-variable', 'RUMINATE_NO_KEY'],
      'takes its key from RUMINATE_NO_KEY, which is not set',
    );
  });

  it('is refused options that belong to a batch', async () => {
    await refused(
      2,
      [video, 'What?', '--base-url', url, '--max-failed', '0.5'],
      '--max-failed belongs to --batch',
    );
  });
});
