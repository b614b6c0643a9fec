import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { heartbeat } from './heartbeat.js';
import type { DataSet, PrepareDataInput } from './contract.js';
import { OVERVIEW_BYTES, parseLines, toJson, type DataSetManifest } from './datasets.js';
import type { LookTools, ObjectStore, WorldWriter } from './ports.js';
import { DataFailure } from '../domain/failures.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import { worldFolderName } from '../domain/world/folder-name.js';
import type { Question } from '../domain/world/records.js';

export interface PrepareDataDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly writeWorld: WorldWriter;
  /** Folder in which worlds are kept; equal requests share one. */
  readonly dataDir: string;
}

/** Renders a split of the small world (or finds it rendered) and describes it to the store. */
export function createPrepareData(deps: PrepareDataDeps): (input: PrepareDataInput) => Promise<DataSet> {
  return async ({ split, seed, videos, questionsPerVideo }) => {
    const dir = path.join(deps.dataDir, worldFolderName({ seed, split, videos, questionsPerVideo }));
    await deps.writeWorld({
      dir,
      videos,
      seed,
      split,
      questionsPerVideo,
      onProgress: ({ done, total }) => heartbeat({ doing: 'rendering videos', done, total }),
    });
    return describeFolder(deps, dir, split);
  };
}

/** A folder of videos with `questions.jsonl`, as a dataset in the store. */
export async function describeFolder(
  { store, tools }: Pick<PrepareDataDeps, 'store' | 'tools'>,
  dir: string,
  split: DataSet['split'],
): Promise<DataSet> {
  const questionBytes = await readFile(path.join(dir, 'questions.jsonl'));
  const questions = parseLines<Question>(questionBytes);
  if (questions.length === 0) throw new DataFailure(`${dir}/questions.jsonl: expected questions, found none`);
  const videos = [...new Set(questions.map(({ video }) => video))].sort();
  const overview = new Uint8Array(videos.length * OVERVIEW_BYTES);
  for (const [index, video] of videos.entries()) {
    const thumbs = await tools.overview(path.join(dir, video), DEFAULT_PICTURES);
    if (thumbs.length !== OVERVIEW_BYTES)
      throw new DataFailure(
        `${path.join(dir, video)}: expected ${DEFAULT_PICTURES.frames} frames at ${DEFAULT_PICTURES.fps} a second, found ${thumbs.length / (OVERVIEW_BYTES / DEFAULT_PICTURES.frames)}`,
      );
    overview.set(thumbs, index * OVERVIEW_BYTES);
    if (index % PROGRESS_EVERY === 0)
      heartbeat({ doing: 'reading overviews', done: index, total: videos.length });
  }
  const truths = await truthsOf(dir, videos);
  const prefix = 'datasets/by-content';
  const put = async (name: string, body: Uint8Array, kind: 'questions' | 'scenes' | 'pictures') =>
    store.put(`${prefix}/${await digest(body)}/${name}`, body, kind);
  const manifest: DataSetManifest = {
    dir,
    videos,
    questions: await put('questions.jsonl', questionBytes, 'questions'),
    scenes: truths && (await put('scenes.jsonl', truths, 'scenes')),
    overview: await put('overview.bin', overview, 'pictures'),
  };
  const body = toJson(manifest);
  const ref = await store.put(`${prefix}/${await digest(body)}/dataset.json`, body, 'dataset');
  return { split, videos: videos.length, questions: questions.length, ref };
}

const PROGRESS_EVERY = 50;

/** Ground truth in the order of `videos`, or null where the folder has none. */
async function truthsOf(dir: string, videos: readonly string[]): Promise<Uint8Array | null> {
  const bytes = await readFile(path.join(dir, 'scenes.jsonl')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!bytes) return null;
  const byVideo = new Map(
    Buffer.from(bytes)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [(JSON.parse(line) as { video: string }).video, line]),
  );
  return Buffer.from(videos.map((video) => `${byVideo.get(video) ?? '{}'}\n`).join(''));
}

async function digest(body: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', Uint8Array.from(body));
  return Buffer.from(hash).toString('hex').slice(0, 32);
}
