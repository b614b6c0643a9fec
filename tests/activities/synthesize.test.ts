import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DataSet, SynthesizeInput } from '../../activities/contract.js';
import type { DataSets, LoadedDataSet } from '../../activities/datasets.js';
import { createSynthesize } from '../../activities/synthesize.js';
import { parseCurriculum } from '../../configs/load.js';
import { DataFailure } from '../../domain/failures.js';
import { stream } from '../../domain/seeds.js';
import { planVideo } from '../../domain/world/plan.js';
import { draftQuestions } from '../../domain/world/questions.js';
import { HEIGHT_PX, VIDEO_FPS, WIDTH_PX } from '../../domain/world/scene.js';
import { PictureTools } from '../../infra/tools/look.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { NodeAvWriter } from '../../infra/video/node-av-writer.js';
import { film } from '../../infra/world/film.js';
import { MemoryStore } from '../support/memory-store.js';

const VIDEO = 'videos/000000.mp4';
const { policy, stages } = parseCurriculum(
  `
name: short
policy: { base: { type: fresh } }
data: { world: { train: { videos: 1 }, test: { videos: 1 } } }
stages:
  - { name: SFT, type: sft, trajectories: { style: drp, count: 4, readingShare: 0 }, steps: 1 }
`,
  'short.yaml',
);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ruminate-synthesize-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A world of one video, of which the file has only the first seconds. */
async function world(seconds: number): Promise<LoadedDataSet> {
  const plan = planVideo(7, 'train', 0);
  const { truth, frames } = film(plan);
  await mkdir(join(dir, 'videos'));
  const shape = {
    fps: VIDEO_FPS,
    widthPx: WIDTH_PX,
    heightPx: HEIGHT_PX,
    channels: 4,
    crf: plan.crf,
  } as const;
  const some = [...frames].slice(0, seconds * VIDEO_FPS);
  await new NodeAvWriter().write(join(dir, VIDEO), { ...shape, frames: some });
  const drafts = draftQuestions(stream('short'), truth, 0, 8);
  return {
    ...{ dir, videos: [VIDEO], videoIndex: new Map([[VIDEO, 0]]), trajectories: [] },
    questions: drafts.map((draft, n) => ({ ...draft, id: `q${n}`, video: VIDEO })),
    truths: [{ video: VIDEO, sha256: '', scenes: truth }],
    overviewOf: () => new Uint8Array(0),
  };
}

function synthesize(data: LoadedDataSet): ReturnType<ReturnType<typeof createSynthesize>> {
  const dataSets = { load: () => Promise.resolve(data) } as unknown as DataSets;
  const deps = { store: new MemoryStore(), tools: new PictureTools(new NodeAvReader()), dataSets };
  const input = {
    ...{ at: { run: 'run', stage: 'SFT', step: 0 }, seed: 1, data: {} as DataSet, policy },
    ...{ stage: stages[0], part: 0, parts: 1 },
  } as SynthesizeInput;
  return createSynthesize(deps)(input);
}

it('makes as many demonstrations as are asked for', async () => {
  expect(await synthesize(await world(8))).toMatchObject({ count: 4, rejected: {} });
});

it('ends where every demonstration is refused, and says why', async () => {
  const refused = synthesize(await world(1));
  await expect(refused).rejects.toBeInstanceOf(DataFailure);
  await expect(refused).rejects.toThrow(/^SFT: no more demonstrations can be made\. Refused: \d+ × /);
});
