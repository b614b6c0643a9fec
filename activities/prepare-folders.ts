import { createHash } from 'node:crypto';
import { countsOf, type Material } from '../domain/data/material.js';
import type { DataSet, PreparedFolders, PrepareFoldersInput } from './contract.js';
import { toJson, toLines, type DataSetManifest } from './datasets.js';
import { cancellationSignal, heartbeat } from './heartbeat.js';
import type { ObjectStore, TrainingFolders } from './ports.js';

interface Deps {
  readonly store: ObjectStore;
  readonly readFolders: TrainingFolders;
}

/** Describes a person's data folders to the store: questions and demonstrations are copied, videos stay where they are. */
export function createPrepareFolders({
  store,
  readFolders,
}: Deps): (input: PrepareFoldersInput) => Promise<PreparedFolders> {
  return async ({ folders }) => {
    const { train, test } = await readFolders(folders, {
      signal: cancellationSignal(),
      onProgress: heartbeat,
    });
    return {
      train: await describeMaterial(store, train, 'train'),
      test: await describeMaterial(store, test, 'test'),
    };
  };
}

/** Keyed by content, so that equal folders are one data set, whoever asks. */
async function describeMaterial(
  store: ObjectStore,
  material: Material,
  split: DataSet['split'],
): Promise<DataSet> {
  const { videoRoot, questions, trajectories, leftOut } = material;
  const put = (name: string, body: Uint8Array, kind: 'questions' | 'trajectories' | 'report' | 'dataset') =>
    store.put(`datasets/by-content/${digest(body)}/${name}`, body, kind);
  const manifest: DataSetManifest = {
    dir: videoRoot,
    videos: [...new Set(questions.map(({ video }) => video))].sort(),
    questions: await put('questions.jsonl', toLines(questions), 'questions'),
    scenes: null,
    overview: null,
    trajectories: await put('trajectories.jsonl', toLines(trajectories), 'trajectories'),
    ...(leftOut.length === 0
      ? {}
      : { leftOut: await put('left-out.txt', Buffer.from(`${leftOut.join('\n')}\n`), 'report') }),
  };
  const ref = await put('dataset.json', toJson(manifest), 'dataset');
  return { split, videos: countsOf(material).videos, questions: questions.length, ref };
}

function digest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32);
}
