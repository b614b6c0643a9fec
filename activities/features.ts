import path from 'node:path';
import type { EmbeddedEngine } from '../engine/embedded-engine.js';
import { CLIP, CROP, LOOK_CLIP, LOOK_CROP } from '../engine/policy/spec.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { LoadedDataSet } from './datasets.js';
import type { LookTools } from './ports.js';
import type { LiveRollout } from './rollouts.js';
import type { RolloutFeatures } from './score-groups.js';

/** Pictures embedded by one run of the graph; missing ones are blank. */
const EMBED_BATCH = 64;

/** Embeds what a shard's rollouts saw, and all frames of their videos, by the frozen vision encoder. */
export async function shardFeatures(
  engine: EmbeddedEngine,
  encoder: ReadonlyMap<string, Float32Array>,
  tools: LookTools,
  data: LoadedDataSet,
  rollouts: readonly LiveRollout[],
  signal?: AbortSignal,
): Promise<readonly RolloutFeatures[]> {
  const videos = [...new Set(rollouts.map(({ questionIndex }) => data.questions[questionIndex]!.video))];
  const wanted = Array.from({ length: DEFAULT_PICTURES.frames }, (_, i) => i + 1);
  const clips: Uint8Array[] = [];
  for (const video of videos) {
    const call = { tool: 'clip', targetFrames: wanted } as const;
    const { observation, pixels } = await tools.runCall(
      path.join(data.dir, video),
      call,
      DEFAULT_PICTURES,
      signal,
    );
    if (observation.kind === 'refused')
      throw new Error(`${video}: its own frames were refused: ${observation.reason}`);
    for (const { offset } of observation.looks) clips.push(pixels.subarray(offset, offset + CLIP_BYTES));
  }
  const frames = await embedAll(engine, encoder, 'clip', clips);
  const crops = rollouts.flatMap(({ looks }) =>
    looks.filter(({ kind }) => kind === LOOK_CROP).map((l) => l.pixels),
  );
  const regions = await embedAll(engine, encoder, 'crop', crops);
  let next = 0;
  return rollouts.map(({ questionIndex, looks }) => {
    const start = videos.indexOf(data.questions[questionIndex]!.video) * DEFAULT_PICTURES.frames;
    const own = frames.slice(start, start + DEFAULT_PICTURES.frames);
    const cropped = looks.filter(({ kind }) => kind === LOOK_CROP).length;
    const clip = looks.findLast(({ kind }) => kind === LOOK_CLIP);
    return {
      regions: regions.slice(next, (next += cropped)),
      frames: own,
      lastClip: clip ? [own[clip.frame - 1]!] : null,
    };
  });
}

const CLIP_BYTES = CLIP.widthPx * CLIP.heightPx;
const CROP_BYTES = CROP.widthPx * CROP.heightPx;

async function embedAll(
  engine: EmbeddedEngine,
  encoder: ReadonlyMap<string, Float32Array>,
  kind: 'clip' | 'crop',
  pictures: readonly Uint8Array[],
): Promise<readonly Float32Array[]> {
  const bytes = kind === 'clip' ? CLIP_BYTES : CROP_BYTES;
  const features: Float32Array[] = [];
  for (let start = 0; start < pictures.length; start += EMBED_BATCH) {
    const part = pictures.slice(start, start + EMBED_BATCH);
    const batch = new Uint8Array(EMBED_BATCH * bytes);
    part.forEach((picture, i) => batch.set(picture, i * bytes));
    const out = await engine.embed(encoder, kind, batch, EMBED_BATCH);
    const width = out.length / EMBED_BATCH;
    part.forEach((_, i) => features.push(out.slice(i * width, (i + 1) * width)));
  }
  return features;
}
