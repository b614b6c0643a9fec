import path from 'node:path';
import type { FrameText, ReadWord, VideoText } from '../../domain/curation/records.js';
import { thumbDifference, thumbOf } from '../../domain/curation/same-picture.js';
import { sharpnessIn } from '../../domain/curation/sharpness.js';
import type { CurationSettings } from '../../domain/curation/settings.js';
import { DataFailure } from '../../domain/failures.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore, Picture, VideoInfo, VideoReader } from '../ports.js';
import type { VideoInput, VideoRead } from './contract.js';
import { engineFor, frameScale, readPicture, RIM_PX } from './engine.js';
import { framesInOrder } from './frames.js';
import { fileSha256, stepKey, type StepKey } from './keys.js';
import { plannedVideo, type PlanRecord } from './plan.js';
import type { OcrEngine, OcrEngines, SideFiles } from './ports.js';

export interface ReadTextDeps {
  readonly store: ObjectStore;
  readonly reader: VideoReader;
  readonly engines: OcrEngines;
  readonly sideFiles: SideFiles;
}

type SideFile = Awaited<ReturnType<SideFiles['read']>>;

/** Where the text comes from, and the key under which it is kept. */
export interface ReadingPlan {
  readonly file: string;
  readonly side: SideFile;
  readonly engine: OcrEngine;
  readonly step: StepKey;
}

export function createReadVideoText(deps: ReadTextDeps): (input: VideoInput) => Promise<VideoRead> {
  return async (input) => {
    const { plan, planned } = await plannedVideo(deps.store, input);
    const { video } = planned;
    const reading = await planReading(deps, plan, video);
    const done = await deps.store.head(reading.step.key, 'curation');
    if (done !== null) return told(done, parseJson<VideoText>(await deps.store.get(done)));
    const text = await readVideo(deps, plan.settings, video, reading);
    const { ref } = await deps.store.putIfAbsent(reading.step.key, toJson(text), 'curation');
    return told(ref, text);
  };
}

/** Hashes the video and its side file; throws a DataFailure where one of them is not what it should be. */
export async function planReading(deps: ReadTextDeps, plan: PlanRecord, video: string): Promise<ReadingPlan> {
  const { ocr, fps } = plan.settings;
  const file = path.join(plan.videoRoot, video);
  const sha256 = await fileSha256(file, cancellationSignal());
  const mayUseSide = ocr.engine === 'auto' || ocr.engine === 'side-files';
  const side = mayUseSide ? await deps.sideFiles.read(plan.dir, video) : null;
  if (side === null && ocr.engine === 'side-files')
    throw new DataFailure(`${video}: has no side file of read text (ocr/${video}.json)`);
  const engine = await engineFor(deps.engines, ocr.engine);
  const { engine: _, ...settings } = ocr;
  const by = side === null ? { engine: engine.version, settings } : { side: side.sha256 };
  const step = stepKey('read-text', { video, sha256, fps, decoder: deps.reader.version, ...by });
  return { file, side, engine, step };
}

/** Samples a video and reads what it shows. */
export async function readVideo(
  { reader }: Pick<ReadTextDeps, 'reader'>,
  settings: Pick<CurationSettings, 'fps' | 'maxFrames' | 'ocr'>,
  video: string,
  { file, side, engine }: Pick<ReadingPlan, 'file' | 'side' | 'engine'>,
): Promise<VideoText> {
  const info = await reader.probe(file, cancellationSignal());
  const total = framesOf(info, settings.fps);
  if (total > settings.maxFrames)
    throw new DataFailure(
      `${video}: has ${total} frames at ${settings.fps} fps; at most ${settings.maxFrames} are read (maxFrames)`,
    );
  const { widthPx, heightPx } = info;
  const about = { version: 1, video, widthPx, heightPx, fps: settings.fps, total } as const;
  if (side !== null) return { ...about, ...fromSideFile(side, settings.fps, total) };
  const { frames, framesRead } = await readFrames(reader, settings, video, { file, engine, total });
  return { ...about, by: engine.version, frames, framesRead, dropped: {} };
}

/** Frames whose reading is under way: enough to keep the engine's processes busy while others are decoded. */
const READING_AHEAD = 3;

async function readFrames(
  reader: VideoReader,
  { fps, ocr }: Pick<CurationSettings, 'fps' | 'ocr'>,
  video: string,
  { file, engine, total }: { readonly file: string; readonly engine: OcrEngine; readonly total: number },
): Promise<Pick<VideoText, 'frames' | 'framesRead'>> {
  const signal = cancellationSignal();
  const given = signal === undefined ? {} : { signal };
  const readings = new Map<number, Promise<readonly ReadWord[]>>();
  const order: { readonly frame: number; readonly sameAs: number }[] = [];
  let last: { readonly frame: number; readonly thumb: Float32Array } | null = null;
  try {
    for await (const { index, picture } of framesInOrder(reader, file, { fps, total, ...given })) {
      heartbeat({ doing: `reading text of ${video}`, done: index - 1, total });
      const thumb = thumbOf(picture);
      if (last === null || thumbDifference(last.thumb, thumb) > ocr.sameWithin) {
        last = { frame: index, thumb };
        const request = {
          scale: frameScale(picture.heightPx, ocr.enlargeBelowPx),
          rimPx: RIM_PX.frame,
          ...given,
        };
        readings.set(
          index,
          readPicture(engine, picture, ocr.layout, request).then((words) => withSharpness(picture, words)),
        );
        const behind = [...readings.values()].at(-READING_AHEAD);
        if (readings.size >= READING_AHEAD) await behind;
      }
      order.push({ frame: index, sameAs: last.frame });
    }
    await Promise.all(readings.values());
  } finally {
    // What is still under way when another has failed must not fail unheard.
    await Promise.allSettled(readings.values());
  }
  const frames: FrameText[] = [];
  for (const { frame, sameAs } of order) {
    const words = (await readings.get(sameAs)) ?? [];
    frames.push(frame === sameAs ? { frame, words } : { frame, sameAs, words });
  }
  return { frames, framesRead: readings.size };
}

function withSharpness(picture: Picture, words: Awaited<ReturnType<OcrEngine['read']>>): readonly ReadWord[] {
  return words.map((word) => ({ ...word, sharpness: sharpnessIn(picture, word.box01) }));
}

/** A side file's frames by our numbers: each of ours takes the text of the side file's frame nearest in time. */
function fromSideFile(
  { ocr, dropped }: NonNullable<SideFile>,
  fps: number,
  total: number,
): Pick<VideoText, 'by' | 'frames' | 'framesRead' | 'dropped'> {
  const left = { ...dropped };
  const nearest = new Map<number, { readonly distance: number; readonly words: readonly ReadWord[] }>();
  for (const { frame, words } of ocr.frames) {
    const sec = (frame - 1) / ocr.fps;
    const ours = Math.round(sec * fps) + 1;
    if (ours > total) {
      left['after the end of the video'] = (left['after the end of the video'] ?? 0) + words.length;
      continue;
    }
    const distance = Math.abs((ours - 1) / fps - sec);
    const known = nearest.get(ours);
    if (known !== undefined && known.distance <= distance) continue;
    nearest.set(ours, { distance, words: words.map((word) => ({ ...word, sharpness: null })) });
  }
  const frames = [...nearest]
    .sort(([a], [b]) => a - b)
    .map(([frame, { words }]): FrameText => ({ frame, words }));
  return { by: ocr.by, frames, framesRead: 0, dropped: left };
}

/** The one clock's count: frames with (i − 1)/fps before the end (infra/video/clock.ts). */
function framesOf({ durationSec }: VideoInfo, fps: number): number {
  return Math.max(1, Math.ceil(durationSec * fps - fps * 1e-3));
}

function told(ref: VideoRead['ref'], { frames }: VideoText): VideoRead {
  const texts = frames.reduce((sum, frame) => sum + (frame.sameAs === undefined ? frame.words.length : 0), 0);
  return { ref, frames: frames.length, texts };
}
