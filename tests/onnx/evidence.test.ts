import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ObjectStore } from '../../activities/ports.js';
import type { ConversationRecord, PictureFile } from '../../domain/conversation/records.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import type { Question } from '../../domain/world/records.js';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { evidencePage } from '../../infra/evidence/page.js';
import { OnnxEngine } from '../../infra/onnx/engine.js';
import { PictureTools } from '../../infra/tools/look.js';
import { regionOf } from '../../infra/tools/region.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { writeWorld } from '../../infra/world/write.js';
import { PROMPT } from '../openai/support/talk.js';
import { Asker } from '../serve/support/ask.js';
import { exported, randomPolicy } from '../serve/support/policies.js';
import { findChromium } from '../support/chromium.js';

// Sessions are made and videos decoded; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const executablePath = await findChromium();
const why = executablePath === null ? ' (skipped: no chromium found; set CHROMIUM_BIN)' : '';
const reader = new NodeAvReader();
const tools = new PictureTools(reader);
let folder: string;
let questions: readonly { readonly question: string; readonly file: string }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-evidence-'));
  const world = join(folder, 'world');
  await writeWorld({ dir: world, videos: 1, seed: 11, split: 'test', questionsPerVideo: 4 });
  const lines = (await readFile(join(world, 'questions.jsonl'), 'utf8')).trim().split('\n');
  questions = lines
    .map((line) => JSON.parse(line) as Question)
    .map(({ question, video }) => ({ question, file: join(world, video) }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ['held to the grammar', true],
  ['that says what means nothing', false],
] as const)('the evidence of a policy %s', (name, grammar) => {
  const policy = randomPolicy(grammar ? 5 : 1, grammar);
  const records: ConversationRecord[] = [];
  let asker: Asker;
  let store: ObjectStore;
  let engine: OnnxEngine;

  beforeAll(async () => {
    asker = new Asker(tools, policy);
    engine = new OnnxEngine(await policyFromFolder(await exported(join(folder, name), policy), 1));
    for (const { file, question } of questions) {
      const told = await asker.record(reader, file, question);
      records.push(told.record);
      ({ store } = told);
    }
  });
  afterAll(async () => {
    await asker.close();
    await engine.close();
  });

  const size = async ({ ref }: PictureFile) => sharp(await store.get(ref)).metadata();
  const grey = async ({ ref }: PictureFile): Promise<Buffer> =>
    sharp(await store.get(ref))
      .extractChannel(0)
      .raw()
      .toBuffer();

  it('is a conversation in which the policy engine onnx says the same, number for number', async () => {
    let messages = 0;
    for (const record of records) {
      const budget = { maxLooks: 3, maxTurns: 4, maxTokens: 4096 };
      for (const [t, { spoken }] of record.turns.entries()) {
        const again = await engine.sample({
          conversation: {
            ...{ prompt: PROMPT, protocol: 'text', budget, opening: record },
            turns: record.turns.slice(0, t),
            final: spoken.final,
          },
          sampling: { temperature: 0, topP: 1, maxTokens: 64, seed: null, logProbs: true },
          key: 'again',
          picture: ({ ref }) => store.get(ref),
        });
        const { by: _by, timeMs: _timeMs, ...said } = again;
        const { by, timeMs, ...told } = spoken;
        expect({ by, timeMs }).toEqual({ by: { url: 'onnx', model: 'run/see' }, timeMs: null });
        expect(said.logProbs).toEqual(told.logProbs);
        expect([said.text, said.action, said.spent]).toEqual([told.text, told.action, told.spent]);
        messages += 1;
      }
      expect(record.spent.messages).toBe(record.turns.length);
      expect(record.answer === null).toBe(record.failure !== null);
    }
    expect(messages).toBeGreaterThan(records.length);
  });

  it('shows what the policy saw, byte for byte, and beside each look its original in colour', async () => {
    let looks = 0;
    for (const { overview, turns, question, video } of records) {
      const seen = await tools.overview(question.video, DEFAULT_PICTURES);
      expect(overview.map(({ frame, sec }) => [frame, sec])).toEqual(
        [...Array(8).keys()].map((i) => [i + 1, i]),
      );
      const pixels = await Promise.all(overview.map(grey));
      expect(Buffer.concat(pixels)).toEqual(Buffer.from(seen));
      for (const { looked } of turns) {
        if (looked?.kind !== 'looks') continue;
        looks += 1;
        const [picture] = looked.pictures;
        const made = await tools.runCall(question.video, looked.call, DEFAULT_PICTURES);
        expect(await grey(picture!)).toEqual(Buffer.from(made.pixels));
        const { frame, region } = picture!.original!;
        expect((await size(frame)).channels).toBe(3);
        if (picture!.box01 === null) expect(region).toBeNull();
        else {
          const { w, h } = regionOf(picture!.box01, video.widthPx, video.heightPx);
          expect(picture!.native).toEqual({ widthPx: w, heightPx: h });
          const scale = Math.min(1, 640 / w);
          expect((await size(region!)).width).toBe(Math.round(w * scale));
        }
      }
    }
    // The other one's messages never come to a look.
    expect(looks > 0).toBe(grammar);
  });

  it('makes a page that needs nothing else, with every picture once', async () => {
    const page = await evidencePage(records, ({ ref }) => store.get(ref));
    const looks = records.flatMap(({ turns }) =>
      turns.flatMap(({ looked }) => (looked?.kind === 'looks' ? looked.pictures : [])),
    );
    const crops = looks.filter(({ box01 }) => box01 !== null);
    expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(
      8 * records.length + 2 * looks.length + crops.length,
    );
    expect(page.match(/as the policy saw it/g) ?? []).toHaveLength(looks.length);
    expect(page).not.toMatch(/<script|(src|href)="https?:/);
    expect(page).not.toContain('NaN');
  });

  it.skipIf(executablePath === null)(
    `makes a page that a browser draws whole, light and dark, also on a phone${why}`,
    async () => {
      const file = join(folder, `${name}.html`);
      await writeFile(file, await evidencePage(records, ({ ref }) => store.get(ref)));
      const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
      try {
        for (const [width, colorScheme] of [
          [1200, 'light'],
          [390, 'dark'],
        ] as const) {
          const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
          await page.goto(pathToFileURL(file).href);
          // Pictures further down are decoded when they are scrolled to.
          await page.evaluate(`Promise.all([...document.images].map((image) => {
            image.loading = 'eager';
            return image.decode();
          }))`);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          const outside = await page.evaluate(`[...document.querySelectorAll('.box')].filter((box) => {
            const [a, b] = [box.getBoundingClientRect(), box.parentElement.getBoundingClientRect()];
            return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
          }).length`);
          expect(outside).toBe(0);
        }
      } finally {
        await browser.close();
      }
    },
  );
});
