import type { VideoWriter } from '../../activities/ports.js';
import { UserError } from '../../domain/failures.js';
import type { Split, WorldManifest } from '../../domain/world/records.js';
import { HEIGHT_PX, WIDTH_PX, WORLD_FPS } from '../../domain/world/scene.js';
import { asFolderError, jsonLines, sha256OfFile, writeAtomically } from '../making/files.js';
import { packageVersion } from '../making/versions.js';
import { makeAll } from '../making/processes.js';
import { resolveVideo } from '../video/resolve.js';
import { X264_PRESET } from '../video/x264.js';
import type { VideoRecord, WorldRequest } from './folder.js';
import { WorldFolder } from './folder.js';
import { makeVideo } from './make-video.js';

export interface WriteWorldOptions {
  readonly dir: string;
  readonly videos: number;
  readonly seed: number;
  readonly split: Split;
  /** 8 unless told; at most 24. */
  readonly questionsPerVideo?: number;
  /** Processes that draw and encode; 2 unless told. The bytes do not depend on it. */
  readonly processes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Writes a world folder (see `domain/world/records.ts`), and returns its manifest. A folder that was left
 * unfinished is gone on with; one that is complete is verified, damaged videos made again, and returned.
 * `world.json` is written last: without it there is no world. Throws a UserError when the folder holds
 * another world or cannot be written.
 */
export async function writeWorld(options: WriteWorldOptions): Promise<WorldManifest> {
  const { writer } = await resolveVideo();
  const request = requestOf(options, writer);
  const folder = new WorldFolder(options.dir);
  try {
    const complete = await folder.manifest();
    if (complete !== null) return await verified(folder, complete, request, writer);
    await refuseAnother(folder, request);
    await folder.prepare();
    await writeAtomically(folder.path('.unfinished', 'request.json'), JSON.stringify(request));
    await makeAll({
      dir: folder.dir,
      request,
      videos: request.videos,
      child: new URL('./make-child.js', import.meta.url),
      make: (index) => makeVideo(folder, request, index, writer),
      processes: options.processes ?? 2,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    return await finish(folder, request);
  } catch (error) {
    throw asFolderError(options.dir, error);
  }
}

function requestOf(options: WriteWorldOptions, writer: VideoWriter): WorldRequest {
  const { seed, split, videos, questionsPerVideo = 8 } = options;
  const whole = (name: string, value: number, low: number, high: number): number => {
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new UserError(`${name}: expected a whole number from ${low} to ${high}, got ${value}`);
  };
  return {
    seed: whole('seed', seed, 0, Number.MAX_SAFE_INTEGER),
    split,
    videos: whole('videos', videos, 1, 999_999),
    questionsPerVideo: whole('questions per video', questionsPerVideo, 1, 24),
    madeBy: {
      world: '1',
      encoder: `${writer.version}, ${X264_PRESET}`,
      renderer: `@napi-rs/canvas ${packageVersion('@napi-rs/canvas')}`,
      fonts: `dejavu-fonts-ttf ${packageVersion('dejavu-fonts-ttf')}`,
    },
  };
}

/** An unfinished folder may be gone on with only by the same request and the same makers. */
async function refuseAnother(folder: WorldFolder, request: WorldRequest): Promise<void> {
  const begun = await folder.request();
  if (begun === null || JSON.stringify(begun) === JSON.stringify(request)) return;
  const difference = differenceOf(begun, request);
  throw new UserError(
    `${folder.dir}: holds an unfinished world of another kind (${difference})`,
    'Name another folder, or remove this one.',
  );
}

function differenceOf(found: WorldRequest, wanted: WorldRequest): string {
  for (const name of ['seed', 'split', 'videos', 'questionsPerVideo'] as const) {
    if (found[name] !== wanted[name]) return `${name}: found ${found[name]}, wanted ${wanted[name]}`;
  }
  for (const name of Object.keys(wanted.madeBy)) {
    const [was, is] = [found.madeBy[name], wanted.madeBy[name]];
    if (was !== is) return `${name}: found ${was ?? 'nothing'}, wanted ${is ?? 'nothing'}`;
  }
  return 'its request differs';
}

async function finish(folder: WorldFolder, request: WorldRequest): Promise<WorldManifest> {
  const records: VideoRecord[] = [];
  for (let index = 0; index < request.videos; index++) {
    const record = await folder.record(index);
    if (record === null) throw new UserError(`${folder.dir}: the record of video ${index} has been removed`);
    records.push(record);
  }
  const questions = records.flatMap((record) => record.questions);
  await writeAtomically(folder.path('questions.jsonl'), jsonLines(questions));
  await writeAtomically(folder.path('scenes.jsonl'), jsonLines(records.map((record) => record.truth)));
  const manifest: WorldManifest = {
    version: 1,
    seed: request.seed,
    split: request.split,
    videos: request.videos,
    questions: questions.length,
    fps: WORLD_FPS,
    widthPx: WIDTH_PX,
    heightPx: HEIGHT_PX,
    madeBy: request.madeBy,
  };
  await writeAtomically(folder.path('world.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await folder.dropUnfinished();
  return manifest;
}

/** A complete folder: the world that was asked for, each video with the bytes that were recorded. */
async function verified(
  folder: WorldFolder,
  manifest: WorldManifest,
  request: WorldRequest,
  writer: VideoWriter,
): Promise<WorldManifest> {
  const questionsPerVideo = manifest.questions / manifest.videos;
  const found: WorldRequest = { ...manifest, questionsPerVideo, madeBy: request.madeBy };
  const same = (['seed', 'split', 'videos', 'questionsPerVideo'] as const).every(
    (name) => found[name] === request[name],
  );
  if (!same) {
    throw new UserError(
      `${folder.dir}: holds another world (${differenceOf(found, request)})`,
      'Name another folder, or remove this one.',
    );
  }
  const truths = await folder.truths();
  for (let index = 0; index < manifest.videos; index++) {
    const sha256 = truths[index]?.sha256;
    const video = WorldFolder.videoName(index);
    if (sha256 !== undefined && (await sha256OfFile(folder.path(video))) === sha256) continue;
    await folder.prepare();
    const again = await makeVideo(folder, request, index, writer);
    if (again.truth.sha256 !== sha256) {
      throw new UserError(
        `${folder.path(video)}: is missing or damaged, and this machine's encoder makes other bytes (${writer.version})`,
        'Remove the folder and write the world again.',
      );
    }
  }
  await folder.dropUnfinished();
  return manifest;
}
