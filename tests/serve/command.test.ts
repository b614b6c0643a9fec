import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { homeAt } from '../../infra/home/home.js';
import { compiled } from '../../infra/services/workers.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { eventually, listenAddresses, LOOPBACK_HEX } from '../support/processes.js';
import { promptOf } from './support/chat.js';
import { ramps } from './support/pictures.js';
import { exported, randomPolicy } from './support/policies.js';

// Each case starts processes; on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let policy: string;
let ruminate: CommandLine;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-serve-cli-'));
  policy = await exported(join(folder, 'mini'), randomPolicy(3, true));
  ruminate = new CommandLine(homeAt(join(folder, 'home')));
});
afterAll(async () => {
  ruminate.stop();
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function mistake(args: readonly string[], ...words: readonly string[]): Promise<void> {
  const { code, stderr } = await ruminate.run('serve', ...args);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toMatch(STACK_TRACE);
  expect(code).toBe(2);
}

describe('ruminate serve', () => {
  it('serves an exported folder without any service, on loopback alone, and ends by Ctrl-C', async () => {
    const env = { ...process.env, RUMINATE_HOME: join(folder, 'nowhere'), NO_COLOR: '1' };
    const args = [
      compiled('cli/main.js'),
      'serve',
      '--from',
      policy,
      '--port',
      '0',
      '--threads',
      '1',
      '--json',
    ];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const ended = new Promise((resolve) => child.once('close', resolve));
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await eventually('it listens', () => stdout.includes('}'), 60_000);
    const { url, model } = JSON.parse(stdout) as { url: string; model: string };
    expect(model).toBe('mini');
    expect(listenAddresses(child.pid!).every((address) => LOOPBACK_HEX.includes(address))).toBe(true);
    const messages = [promptOf(await ramps(), 'What can you read on the sign?')];
    const answer = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages }),
    });
    expect(answer.status).toBe(200);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(stderr).toMatch(/POST \/v1\/chat\/completions 200 \d+ ms/);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  it('tells mistakes before it reads any weights', async () => {
    const from = ['--from', policy];
    await mistake([...from, '--host', '0.0.0.0'], 'has no token', '--token-env RUMINATE_TOKEN');
    await mistake([...from, '--token-env', 'NO_SUCH_VARIABLE'], 'NO_SUCH_VARIABLE', 'not set');
    await mistake(['mini', ...from], 'expected either a run');
    await mistake([...from, '--port', '70000'], '--port');
    await mistake([...from, '--threads', '9'], '--threads');
    await mistake(['--from', folder], 'config.json cannot be read', 'ruminate export');
    await mistake([], 'no services were ever started', 'ruminate up');
  });

  it('refuses a folder whose weights are not those that it names', async () => {
    const other = await exported(join(folder, 'other'), randomPolicy(4, true));
    await writeFile(join(other, 'model.safetensors'), await readFile(join(policy, 'model.safetensors')));
    await mistake(['--from', other], 'one of them was changed or cut off');
    await writeFile(join(other, 'config.json'), '{"format":"ruminate-policy-1","architecture":{"width":-1}}');
    await mistake(['--from', other], 'is not the configuration of an exported policy: architecture.width');
  });
});
