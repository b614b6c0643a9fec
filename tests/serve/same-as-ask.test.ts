import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ANSWER, slotMask } from '../../domain/protocol/compact.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { parseArguments, refusalOf } from '../../domain/tools/validate.js';
import type { Question } from '../../domain/world/records.js';
import type { Rollout } from '../../domain/trajectory.js';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import { regionOf } from '../../infra/tools/region.js';
import { PictureTools } from '../../infra/tools/look.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { writeWorld } from '../../infra/world/write.js';
import { Asker } from './support/ask.js';
import { converse, type Shown } from './support/chat.js';
import { pngUrl } from './support/pictures.js';
import { basePolicy, exported, randomPolicy, type TestPolicy } from './support/policies.js';

// Sessions are made for every shape; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const reader = new NodeAvReader();
const tools = new PictureTools(reader);
let folder: string;
let questions: readonly (Pick<Question, 'question'> & { readonly file: string })[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-serve-'));
  const world = join(folder, 'world');
  await writeWorld({ dir: world, videos: 2, seed: 11, split: 'test', questionsPerVideo: 4 });
  const lines = (await readFile(join(world, 'questions.jsonl'), 'utf8')).trim().split('\n');
  questions = lines
    .map((line) => JSON.parse(line) as Question)
    .map(({ question, video }) => ({ question, file: join(world, video) }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Pictures at the policy's own sizes, as the tools make them for it. */
const OWN = {
  async overview(file: string): Promise<readonly string[]> {
    const bytes = await tools.overview(file, DEFAULT_PICTURES);
    const { widthPx, heightPx } = DEFAULT_PICTURES.overview;
    const size = widthPx * heightPx;
    return Promise.all(
      [...Array(8).keys()].map((i) => pngUrl(bytes.subarray(i * size, (i + 1) * size), widthPx, heightPx)),
    );
  },
  async look(file: string, name: string, args: unknown): Promise<Shown> {
    const parsed = parseArguments(name, args);
    if (parsed.kind === 'refused') return { refused: parsed.reason };
    const { observation, pixels } = await tools.runCall(file, parsed.call, DEFAULT_PICTURES);
    if (observation.kind === 'refused') return { refused: observation.reason };
    const { widthPx, heightPx } = observation.looks[0]!;
    return { url: await pngUrl(pixels, widthPx, heightPx) };
  },
};

/** Whole grey frames, and regions cut from them, at the video's own resolution. */
const NATIVE = {
  async overview(file: string): Promise<readonly string[]> {
    const frames = await reader.frames(file, { fps: 1, indices: [1, 2, 3, 4, 5, 6, 7, 8], channels: 1 });
    return Promise.all(frames.map(({ data, widthPx, heightPx }) => pngUrl(data, widthPx, heightPx)));
  },
  async look(file: string, name: string, args: unknown): Promise<Shown> {
    const parsed = parseArguments(name, args);
    if (parsed.kind === 'refused') return { refused: parsed.reason };
    const { call } = parsed;
    const refused = refusalOf(call, 8);
    if (refused !== null) return { refused };
    const frame = call.tool === 'clip' ? call.targetFrames[0]! : call.targetFrame;
    const [whole] = await reader.frames(file, { fps: 1, indices: [frame], channels: 1 });
    const { data, widthPx, heightPx } = whole!;
    if (call.tool === 'clip') return { url: await pngUrl(data, widthPx, heightPx) };
    const { x, y, w, h } = regionOf(call.bbox01, widthPx, heightPx);
    const cut = Uint8Array.from(
      { length: w * h },
      (_, i) => data[(y + Math.floor(i / w)) * widthPx + x + (i % w)]!,
    );
    return { url: await pngUrl(cut, w, h) };
  },
};

/** What each turn said and how probable each chosen token was, as the chat tells them. */
function toldBy({ turns }: Rollout, maxLooks: number) {
  return turns.map(({ tokens, logProbs }, t) => {
    const forced = t >= maxLooks && tokens[0] === ANSWER ? 1 : 0;
    return slotMask(tokens, forced).flatMap((on, i) => (on === 1 ? [logProbs[i]!] : []));
  });
}

describe.each([
  ['the base policy', basePolicy],
  ['a random policy held to the grammar', () => Promise.resolve(randomPolicy(5, true))],
  ['a random policy that says what means nothing', () => Promise.resolve(randomPolicy(1, false))],
] as const)('%s through the chat API', (name, make) => {
  let policy: TestPolicy;
  let server: PolicyServer;
  let client: OpenAI;
  let asker: Asker;
  let looks = 0;

  beforeAll(async () => {
    policy = await make();
    const path = await exported(join(folder, name.replaceAll(' ', '-')), policy);
    server = await servePolicy(await policyFromFolder(path, 1), { host: '127.0.0.1', port: 0, token: null });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
    asker = new Asker(tools, policy);
  });
  afterAll(async () => {
    await server.close();
    await asker.close();
  });

  it.each([
    ['tool calls, pictures at its own sizes', true, OWN],
    ['the text protocol, grey pictures at the size of the video', false, NATIVE],
  ] as const)('says what ruminate ask says, number for number: %s', async (_, native, pictures) => {
    const [model] = (await client.models.list()).data;
    for (const { file, question } of questions.slice(0, 5)) {
      const asked = await asker.ask(file, question);
      const answers = await converse(client, {
        model: model!.id,
        overview: await pictures.overview(file),
        question,
        native,
        show: (tool, args) => pictures.look(file, tool, args),
      });
      looks += answers.length - 1;
      const told = answers.map(({ choices }) => choices[0]!.logprobs!.content!.map(({ logprob }) => logprob));
      expect(told).toEqual(toldBy(asked, policy.spec.maxLooks));
      const last = answers.at(-1)!.choices[0]!.message.content;
      if (asked.answer !== null) expect(last).toBe(`<answer>${asked.answer}</answer>`);
    }
  });

  it('took looks on the way, except for the base, which knows no tool', () => {
    if (name !== 'the base policy') expect(looks).toBeGreaterThan(5);
  });
});
