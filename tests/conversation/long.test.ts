import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLook } from '../../activities/conversation/look.js';
import { createOpenConversation } from '../../activities/conversation/open.js';
import { AnswerSources } from '../../activities/conversation/places.js';
import { promptSize } from '../../domain/conversation/room.js';
import { assemble } from '../../domain/conversation/assemble.js';
import type { Looked, Opening, ShownPicture } from '../../domain/conversation/records.js';
import type { AnswerSpec, View } from '../../domain/conversation/spec.js';
import type { Ref } from '../../domain/refs.js';
import { VideoPhotographer } from '../../infra/tools/shown.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { PROMPT, served, spoken } from '../openai/support/talk.js';
import { MemoryStore } from '../support/memory-store.js';
import { GROUP, writeLong } from '../video/long.js';
import { numberOf } from '../video/numbered.js';

/** One frame a second, a little over four hours. */
const SECONDS = 58 * GROUP;
const store = new MemoryStore();
const deps = {
  store,
  sources: new AnswerSources(store),
  photographer: new VideoPhotographer(new NodeAvReader()),
};
let folder: string;
let video: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-hours-'));
  video = join(folder, 'hours.mp4');
  writeLong(video, SECONDS / GROUP, 1);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kept(name: string, value: unknown): Promise<Ref> {
  return store.put(name, Buffer.from(`${JSON.stringify(value)}\n`), 'questions');
}

async function sourceWith(name: string, view: Partial<View>) {
  const spec: AnswerSpec = {
    engine: served([]),
    sampling: { temperature: 0, topP: 1, maxTokens: 64, seed: null, logProbs: false },
    budget: { maxLooks: 3, maxTurns: 6, maxTokens: 1000 },
    view: {
      ...{ fps: 1, frames: 4, overviewPixels: 50_000, clipPixels: 50_000, cropPixels: 50_000, format: 'png' },
      ...view,
    },
    prompt: PROMPT,
  };
  const question = { id: 'q', video, question: 'What is shown?', answers: [] };
  return { spec: await kept(`${name}/spec`, spec), questions: await kept(`${name}/questions`, question) };
}

async function read<T>(ref: Ref): Promise<T> {
  return JSON.parse(Buffer.from(await store.get(ref)).toString()) as T;
}

/** Which frame of the file a picture shows, of the group that it repeats. */
async function shownIn({ ref }: ShownPicture): Promise<number> {
  const { data, info } = await sharp(Buffer.from(await store.get(ref)))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return numberOf({ widthPx: info.width, heightPx: info.height, channels: info.channels as 1 | 3, data });
}

describe('a video of four hours', () => {
  it('is seen whole in as few frames as a short one, and each of them can be looked at', async () => {
    const source = await sourceWith('hours', {});
    const at = { run: 'hours', index: 0 };
    const opening = await createOpenConversation(deps)({ ...at, source });
    const { overview, video: facts, question } = await read<Opening>(opening);
    expect(facts).toMatchObject({ durationSec: SECONDS, fps: 1, frames: SECONDS });
    expect(overview.map(({ frame }) => frame)).toEqual([1813, 5438, 9063, 12_688]);
    for (const picture of overview) {
      expect(await shownIn(picture)).toBe((picture.frame - 1) % GROUP);
      expect(picture.widthPx * picture.heightPx).toBeLessThanOrEqual(50_000);
    }
    const conversation = {
      ...{
        prompt: PROMPT,
        protocol: 'tools' as const,
        budget: { maxLooks: 3, maxTurns: 6, maxTokens: 1000 },
      },
      ...{ opening: { overview, video: facts, question }, turns: [], final: false },
    };
    // As long as the prompt of any video: nothing in it grows with the hours.
    const { pictures, pictureTokens } = promptSize(assemble(conversation), 0);
    expect(pictures).toBe(4);
    expect(pictureTokens).toBeLessThanOrEqual((4 * 50_000) / 784);

    const action = { tool: 'clip', targetFrames: [SECONDS] } as const;
    const message = await kept('hours/message', spoken({ action, native: true }));
    const look = await createLook(deps)({ ...at, source, turn: 0, opening, message });
    const looked = await read<Looked>(look.ref);
    if (looked.kind !== 'looks') throw new Error(looked.reason);
    expect(looked.pictures[0]?.sec).toBe(SECONDS - 1);
    expect(await shownIn(looked.pictures[0]!)).toBe(GROUP - 1);
  });

  it('is numbered by the few frames that a model knows, where it knows no others', async () => {
    const source = await sourceWith('few', { fps: null, frames: 2 });
    const opening = await createOpenConversation(deps)({ run: 'few', index: 0, source });
    const { overview, video: facts } = await read<Opening>(opening);
    expect(facts.frames).toBe(2);
    expect(overview.map(({ sec }) => sec)).toEqual([0, SECONDS / 2]);
  });
});
