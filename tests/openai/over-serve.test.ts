import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AskedQuestion, ConversationRecord } from '../../domain/conversation/records.js';
import type { Question } from '../../domain/world/records.js';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import { writeWorld } from '../../infra/world/write.js';
import { exported, randomPolicy } from '../serve/support/policies.js';
import { REWRITES, startFaultProxy, type Fault, type FaultProxy } from '../support/openai/fault-proxy.js';
import { optionsFor, Talker } from './support/over-serve.js';

// Videos are decoded and sessions made; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let folder: string;
let questions: readonly AskedQuestion[];
const requests: string[] = [];
const talker = new Talker();
const servers: Record<'held' | 'free', PolicyServer> = {} as Record<'held' | 'free', PolicyServer>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-over-serve-'));
  const world = join(folder, 'world');
  await writeWorld({ dir: world, videos: 1, seed: 11, split: 'test', questionsPerVideo: 4 });
  const lines = (await readFile(join(world, 'questions.jsonl'), 'utf8')).trim().split('\n');
  questions = lines
    .map((line) => JSON.parse(line) as Question)
    .map(({ question, video }, i) => ({ id: `q${i}`, question, video: join(world, video), answers: [] }));
  for (const [name, policy] of [
    ['held', randomPolicy(5, true)],
    ['free', randomPolicy(1, false)],
  ] as const) {
    const path = await exported(join(folder, name), policy);
    servers[name] = await servePolicy(await policyFromFolder(path, 1), {
      ...{ host: '127.0.0.1', port: 0, token: null },
      onRequest: ({ path, status }) => requests.push(`${path} ${status}`),
    });
  }
});
afterAll(async () => {
  await talker.close();
  for (const server of Object.values(servers)) await server.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  requests.length = 0;
});

function looksOf({ turns }: ConversationRecord): readonly string[] {
  return turns.flatMap(({ looked }) => (looked?.kind === 'looks' ? [looked.call.tool] : []));
}

describe('our client over ruminate serve', () => {
  it.each(['tools', 'text'] as const)(
    'carries whole conversations to their answers, by %s: eight frames, looks, and an answer when it must',
    async (protocol) => {
      const records: ConversationRecord[] = [];
      for (const question of questions)
        records.push(await talker.ask(optionsFor(`${servers.held.url}/v1`, { protocol }), question));
      for (const { overview, answer, failure, turns } of records) {
        expect(overview.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
        expect(failure).toBeNull();
        expect(answer?.length).toBeGreaterThan(0);
        expect(turns.length).toBeLessThanOrEqual(4);
      }
      expect(records.flatMap(looksOf).length).toBeGreaterThan(0);
      expect(records.flatMap(({ turns }) => turns).some(({ spoken }) => spoken.native)).toBe(
        protocol === 'tools',
      );
      expect(requests.filter((line) => !line.endsWith(' 200'))).toEqual([]);
    },
  );

  it('takes what the server lists for what it can do, and sends it nothing to try it out', async () => {
    const record = await talker.ask(optionsFor(`${servers.held.url}/v1`), questions[0]!);
    const sent = requests.filter((line) => line.startsWith('/v1/chat/completions'));
    expect(sent).toHaveLength(record.turns.length);
    expect(record.turns[0]!.spoken.protocol).toBe('tools');
  });

  it('goes on when the policy says what means nothing', async () => {
    const records: ConversationRecord[] = [];
    for (const question of questions)
      records.push(await talker.ask(optionsFor(`${servers.free.url}/v1`), question));
    const spoken = records.flatMap(({ turns }) => turns.map((turn) => turn.spoken));
    expect(spoken.some(({ action, text }) => action === null && text.startsWith('<slot>'))).toBe(true);
    for (const { turns, answer, failure } of records) {
      expect(answer === null).toBe(failure !== null);
      expect(turns.length).toBeLessThanOrEqual(4);
    }
    expect(requests.filter((line) => !line.endsWith(' 200'))).toEqual([]);
  });

  it.each([
    ['another number of frames', { frames: 16 }, '--frames 16'],
    ['another rate', { fps: 2 }, '--fps 2'],
  ])('refuses %s by its name', async (_, more, named) => {
    await expect(talker.ask(optionsFor(`${servers.held.url}/v1`, more), questions[0]!)).rejects.toMatchObject(
      {
        name: 'UserError',
        message: expect.stringContaining(named) as string,
      },
    );
    expect(requests).toEqual(['/v1/models 200']);
  });
});

describe('our client over a network that fails, before ruminate serve', () => {
  let plain: ConversationRecord;
  let proxy: FaultProxy;
  beforeAll(async () => {
    plain = await talker.ask(optionsFor(`${servers.held.url}/v1`), questions[0]!);
    expect(looksOf(plain).length).toBeGreaterThan(0);
  });
  afterEach(() => proxy.stop());

  /** `again`: how often the policy had to say something once more, because what it said did not arrive. */
  it.each<[string, Fault, { readonly again: number }]>([
    ['429 with Retry-After', { type: 'status', status: 429, retryAfter: '1' }, { again: 0 }],
    ['500', { type: 'status', status: 500 }, { again: 0 }],
    ['a connection that is reset', { type: 'reset' }, { again: 0 }],
    ['a stream that is cut', { type: 'cut', afterBytes: 300 }, { again: 1 }],
    ['bytes that come slowly', { type: 'slow', pieceBytes: 23, pauseMs: 1 }, { again: 0 }],
    ['invalid JSON', { type: 'rewrite', rewrite: REWRITES.invalidJson }, { again: 1 }],
    ['no choices', { type: 'rewrite', rewrite: REWRITES.emptyChoices }, { again: 1 }],
  ])('%s: the same answer, and nothing is said twice without need', async (_, fault, { again }) => {
    proxy = await startFaultProxy(servers.held.url, { 1: fault });
    const record = await talker.ask(optionsFor(`${proxy.url}/v1`), questions[0]!);
    expect(record.answer).toBe(plain.answer);
    expect(record.turns.map(({ spoken }) => spoken.action)).toEqual(
      plain.turns.map(({ spoken }) => spoken.action),
    );
    expect(proxy.billed).toBe(plain.turns.length + again);
    expect(Object.values(record.spent.wasted).reduce((sum, n) => sum + n, 0)).toBe(
      fault.type === 'slow' ? 0 : 1,
    );
  });

  it('a tool’s name that was garbled is refused, and the policy is asked once more', async () => {
    proxy = await startFaultProxy(servers.held.url, { 1: { type: 'rewrite', rewrite: REWRITES.wrongTool } });
    const record = await talker.ask(optionsFor(`${proxy.url}/v1`), questions[0]!);
    const [first] = record.turns;
    expect(first!.spoken.failure).toContain('zoom_lens');
    expect(record.answer?.length).toBeGreaterThan(0);
    expect(proxy.billed).toBe(record.turns.length);
  });
});
