import type { DataSet } from './contract.js';
import type { ObjectStore } from './ports.js';
import { MAX_FRAMES } from '../domain/protocol/compact.js';
import type { TrajectoryRecord } from '../domain/data/records.js';
import type { Ref } from '../domain/refs.js';
import type { Question, VideoTruth } from '../domain/world/records.js';

/** What a `dataset` object in the store says. */
export interface DataSetManifest {
  /** Folder of the videos on this installation. */
  readonly dir: string;
  readonly videos: readonly string[];
  readonly questions: Ref;
  /** `null` for folders without ground truth. */
  readonly scenes: Ref | null;
  /** Thumbnails of every video, one after the other, `OVERVIEW_BYTES` each; null where no embedded policy looks at them. */
  readonly overview: Ref | null;
  /** Curated demonstrations (TrajectoryRecords, JSONL), each about one of its questions; `style` is `drp` or `crp`. */
  readonly trajectories?: Ref | null;
  /** What was left out of a data folder, a sentence a line. */
  readonly leftOut?: Ref;
}

export const OVERVIEW_BYTES = MAX_FRAMES * 32 * 18;

export interface LoadedDataSet {
  readonly dir: string;
  readonly videos: readonly string[];
  readonly videoIndex: ReadonlyMap<string, number>;
  readonly questions: readonly Question[];
  /** By video index; empty without ground truth. */
  readonly truths: readonly VideoTruth[];
  /** Curated demonstrations; empty for a world, which demonstrates from its truth. */
  readonly trajectories: readonly TrajectoryRecord[];
  overviewOf(video: string): Uint8Array;
}

/** Loads datasets by ref and keeps the last few. */
export class DataSets {
  readonly #store: ObjectStore;
  readonly #loaded = new Map<string, Promise<LoadedDataSet>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  load({ ref }: Pick<DataSet, 'ref'>): Promise<LoadedDataSet> {
    const known = this.#loaded.get(ref.sha256);
    if (known) return known;
    const loading = this.#load(ref);
    this.#loaded.set(ref.sha256, loading);
    loading.catch(() => this.#loaded.delete(ref.sha256));
    while (this.#loaded.size > KEPT) this.#loaded.delete(this.#loaded.keys().next().value!);
    return loading;
  }

  async #load(ref: Ref): Promise<LoadedDataSet> {
    const manifest = parseJson<DataSetManifest>(await this.#store.get(ref));
    const given = (part: Ref | null | undefined): Promise<Uint8Array> | null =>
      part ? this.#store.get(part) : null;
    const [questions, scenes, overview, trajectories] = await Promise.all([
      this.#store.get(manifest.questions),
      given(manifest.scenes),
      given(manifest.overview),
      given(manifest.trajectories),
    ]);
    const videoIndex = new Map(manifest.videos.map((video, index) => [video, index]));
    return {
      dir: manifest.dir,
      videos: manifest.videos,
      videoIndex,
      questions: parseLines<Question>(questions),
      truths: scenes ? parseLines<VideoTruth>(scenes) : [],
      trajectories: trajectories ? parseLines<TrajectoryRecord>(trajectories) : [],
      overviewOf(video) {
        const index = videoIndex.get(video);
        if (index === undefined) throw new Error(`${video} is not a video of this dataset`);
        if (!overview) throw new Error(`${video}: this dataset has no thumbnails for an embedded policy`);
        return overview.subarray(index * OVERVIEW_BYTES, (index + 1) * OVERVIEW_BYTES);
      },
    };
  }
}

const KEPT = 4;

export function parseJson<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
}

export function toJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function parseLines<T>(bytes: Uint8Array): readonly T[] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

export function toLines(values: readonly unknown[]): Uint8Array {
  return Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
