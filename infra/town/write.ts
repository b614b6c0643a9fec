import type { VideoWriter } from '../../activities/ports.js';
import { UserError } from '../../domain/failures.js';
import type { Knobs } from '../../domain/town/knobs.js';
import type { TownManifest } from '../../domain/town/records.js';
import type { Split } from '../../domain/world/records.js';
import { asFolderError, sha256OfFile, writeAtomically } from '../making/files.js';
import { makeAll } from '../making/processes.js';
import { packageVersion } from '../making/versions.js';
import { resolveVideo } from '../video/resolve.js';
import { X264_PRESET } from '../video/x264.js';
import { finishTown } from './finish.js';
import type { TownForm, TownRequest } from './folder.js';
import { TownFolder } from './folder.js';
import { makeTownVideo } from './make-video.js';

export interface WriteTownOptions {
  readonly dir: string;
  readonly videos: number;
  readonly seed: number;
  readonly split: Split;
  readonly knobs: Knobs;
  /** `data` unless told. */
  readonly form?: TownForm;
  /** 6 unless told; at most 24. A video may have fewer unambiguous ones. */
  readonly questionsPerVideo?: number;
  /** Whether a perfect reader's OCR is written too. */
  readonly ocrTruth?: boolean;
  /** Processes that draw and encode; 2 unless told. The bytes do not depend on it. */
  readonly processes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Writes a town folder (see `domain/town/records.ts`), and returns its manifest. A folder that was left unfinished
 * is gone on with; one that is complete is verified, damaged videos made again, and returned. Throws a UserError
 * when the folder holds something else or cannot be written.
 */
export async function writeTown(options: WriteTownOptions): Promise<TownManifest> {
  const { writer } = await resolveVideo();
  const request = requestOf(options, writer);
  const folder = new TownFolder(options.dir);
  try {
    const complete = await folder.manifest();
    if (complete !== null) return await verified(folder, complete, request, writer);
    await refuseAnother(folder, request);
    await folder.prepare();
    await writeAtomically(folder.requestPath(), JSON.stringify(request));
    await makeAll({
      dir: folder.dir,
      request,
      videos: request.videos,
      child: new URL('./make-child.js', import.meta.url),
      make: (index) => makeTownVideo(folder, request, index, writer),
      processes: options.processes ?? 2,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    return await finishTown(folder, request);
  } catch (error) {
    throw asFolderError(options.dir, error, 'town');
  }
}

function requestOf(options: WriteTownOptions, writer: VideoWriter): TownRequest {
  const { seed, split, videos, questionsPerVideo = 6, form = 'data', ocrTruth = false, knobs } = options;
  const whole = (name: string, value: number, low: number, high: number): number => {
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new UserError(`${name}: expected a whole number from ${low} to ${high}, got ${value}`);
  };
  return {
    form,
    seed: whole('seed', seed, 0, Number.MAX_SAFE_INTEGER),
    split,
    videos: whole('videos', videos, 1, form === 'data' ? 999_999 : 99_999),
    questionsPerVideo: whole('questions per video', questionsPerVideo, 1, 24),
    ocrTruth,
    knobs,
    madeBy: {
      town: '3',
      form,
      encoder: `${writer.version}, ${X264_PRESET}`,
      renderer: `@napi-rs/canvas ${packageVersion('@napi-rs/canvas')}`,
      fonts: `dejavu-fonts-ttf ${packageVersion('dejavu-fonts-ttf')}, @fontsource/patrick-hand ${packageVersion('@fontsource/patrick-hand')}`,
    },
  };
}

/** An unfinished folder may be gone on with only by the same request and the same makers. */
async function refuseAnother(folder: TownFolder, request: TownRequest): Promise<void> {
  const begun = await folder.request();
  if (begun === null || JSON.stringify(begun) === JSON.stringify(request)) return;
  throw new UserError(
    `${folder.dir}: holds an unfinished town of another kind (${differenceOf(begun, request)})`,
    'Name another folder, or remove this one.',
  );
}

/** A complete folder: the town that was asked for, each video with the bytes that were recorded. */
async function verified(
  folder: TownFolder,
  { form, manifest }: { readonly form: TownForm; readonly manifest: TownManifest },
  request: TownRequest,
  writer: VideoWriter,
): Promise<TownManifest> {
  // Who made it may differ, as long as the bytes are there.
  const found = { ...manifest, form, madeBy: request.madeBy };
  const difference = differenceOf(found, request);
  if (difference !== null || String(manifest.form) !== 'town')
    throw new UserError(
      `${folder.dir}: holds another town (${difference ?? `form: found ${String(manifest.form)}`})`,
      'Name another folder, or remove this one.',
    );
  const truths = await folder.truths();
  for (let index = 0; index < manifest.videos; index++) {
    const sha256 = truths[index]?.sha256;
    const video = folder.path(TownFolder.videoName(form, index));
    if (sha256 !== undefined && (await sha256OfFile(video)) === sha256) continue;
    await folder.prepare();
    const again = await makeTownVideo(folder, request, index, writer);
    if (again.truth.sha256 === sha256) continue;
    throw new UserError(
      `${video}: is missing or damaged, and this machine's encoder makes other bytes (${writer.version})`,
      'Remove the folder and write the town again.',
    );
  }
  await folder.dropUnfinished();
  return manifest;
}

/** The first thing in which two requests differ, in words; null where nothing does. */
function differenceOf(found: TownRequest, wanted: TownRequest): string | null {
  for (const name of ['form', 'seed', 'split', 'videos', 'questionsPerVideo', 'ocrTruth'] as const) {
    if (found[name] !== wanted[name]) return `${name}: found ${found[name]}, wanted ${wanted[name]}`;
  }
  for (const name of Object.keys(wanted.knobs) as (keyof Knobs)[]) {
    const [was, is] = [found.knobs[name], wanted.knobs[name]];
    if (was !== is) return `knob ${name}: found ${was}, wanted ${is}`;
  }
  for (const name of Object.keys(wanted.madeBy)) {
    const [was, is] = [found.madeBy[name], wanted.madeBy[name]];
    if (was !== is) return `${name}: found ${was ?? 'nothing'}, wanted ${is ?? 'nothing'}`;
  }
  return null;
}
