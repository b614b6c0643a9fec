import path from 'node:path';
import type { TrainingFolders } from '../../activities/ports.js';
import { listed, tooMuchLeftOut } from '../../domain/data/left-out.js';
import { materialOf, type Material } from '../../domain/data/material.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { openDataFolder, type Placed, type ReadOptions } from './read-folder.js';
import { placeText, type Place } from './rows/row.js';
import { sharedVideos } from './shared-videos.js';
import { VideoRoot } from './video-root.js';

/** Data folders as a run learns from them and is judged by them. Whether videos decode is seen when they are looked at. */
export const readTrainingFolders: TrainingFolders = async (folders, options = {}) => {
  const [train, test] = [
    await readOne('train', folders.train, options),
    await readOne('test', folders.test, options),
  ];
  const shared = await sharedVideos(train, test, options);
  if (shared.length > 0)
    throw new UserError(
      `${shared.length} video${shared.length === 1 ? ' is' : 's are'} in both data.folders.train and data.folders.test; what was trained on a video must not be judged by it:${listed(shared)}`,
      'take them out of one of the two',
    );
  return { train, test };
};

type Options = NonNullable<Parameters<TrainingFolders>[1]>;

async function readOne(split: 'train' | 'test', dir: string, options: Options): Promise<Material> {
  const folder = await openDataFolder(dir).catch((error: unknown) => {
    if (error instanceof UserError)
      throw new UserError(`data.folders.${split}: ${error.message}`, error.hint);
    throw error;
  });
  const { onProgress, signal } = options;
  const videos = new Videos(folder.videoRoot, (done, total) =>
    onProgress?.({ doing: `looking for the videos of ${split}`, done, total }),
  );
  onProgress?.({ doing: `reading ${split}`, done: 0, total: 1 });
  const questions = await rowsOf((read) => folder.placedQuestions(read), signal);
  const trajectories = await rowsOf((read) => folder.placedTrajectories(read), signal);
  await videos.lookFor([...questions.records, ...trajectories.records], signal);
  const there = <T extends { readonly video: string }>(records: readonly T[]): readonly T[] =>
    records.filter(({ video }) => !videos.missing.has(video));
  const { strays, ...material } = materialOf(there(questions.records), there(trajectories.records));
  const missing = [...videos.missing.values()];
  const rows = [...questions.refused, ...trajectories.refused, ...strays];
  const leftOut = [...rows, ...missing];
  const why =
    tooMuchLeftOut('rows', { leftOut: rows, total: questions.read + trajectories.read }) ??
    tooMuchLeftOut('videos', { leftOut: missing, total: videos.count });
  const check = `see all of it with: ruminate data check ${dir}`;
  if (why !== null) throw new DataFailure(`data.folders.${split}: ${dir}: ${why}\n${check}`);
  if (material.questions.length === 0)
    throw new UserError(
      `data.folders.${split}: ${dir} holds no question that can be asked${leftOut.length === 0 ? '' : `:${listed(leftOut)}`}`,
      check,
    );
  return { videoRoot: folder.videoRoot, ...material, leftOut };
}

interface Rows<T> {
  readonly records: readonly T[];
  /** A sentence with its place for each row that is none. */
  readonly refused: readonly string[];
  readonly read: number;
}

/** Rows in their form, each id once. */
async function rowsOf<T extends { readonly id: string }>(
  open: (options: ReadOptions) => AsyncIterable<Placed<T>>,
  signal: AbortSignal | undefined,
): Promise<Rows<T>> {
  const records = new Map<string, T>();
  const refused: string[] = [];
  const onRefused = (place: Place, { message }: RowRefusal): void => {
    refused.push(`${placeText({ ...place, file: path.basename(place.file) })}: ${message}`);
  };
  for await (const { record, ...place } of open({ onRefused, signal })) {
    if (records.has(record.id))
      onRefused(place, new RowRefusal('duplicate-id', `the id "${record.id}" stands above already`));
    else records.set(record.id, record);
  }
  return { records: [...records.values()], refused, read: records.size + refused.length };
}

/** The videos that rows name: each is looked for once. */
class Videos {
  /** A sentence for each video that is not there. */
  readonly missing = new Map<string, string>();
  count = 0;
  readonly #root: VideoRoot;
  readonly #onProgress: (done: number, total: number) => void;

  constructor(root: string, onProgress: (done: number, total: number) => void) {
    this.#root = new VideoRoot(root);
    this.#onProgress = onProgress;
  }

  async lookFor(rows: readonly { readonly video: string }[], signal: AbortSignal | undefined): Promise<void> {
    const videos = [...new Set(rows.map(({ video }) => video))].sort();
    this.count = videos.length;
    for (const [at, video] of videos.entries()) {
      signal?.throwIfAborted();
      if (at % PROGRESS_EVERY === 0) this.#onProgress(at, videos.length);
      try {
        await this.#root.require(video);
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        this.missing.set(video, `${video}: ${error.message}`);
      }
    }
  }
}

const PROGRESS_EVERY = 200;
