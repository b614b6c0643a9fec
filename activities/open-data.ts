import { createHash } from 'node:crypto';
import path from 'node:path';
import { UserError } from '../domain/failures.js';
import { encodeQuestion, QUESTION_WORDS } from '../domain/protocol/compact.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { Question } from '../domain/world/records.js';
import type { DataSet, OpenDataInput } from './contract.js';
import { OVERVIEW_BYTES, toJson, toLines, type DataSetManifest } from './datasets.js';
import type { LookTools, ObjectStore } from './ports.js';
import { describeFolder } from './prepare-data.js';

interface OpenDataDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
}

/** A person's own folder or question as a dataset; the videos stay where they are. */
export function createOpenData(deps: OpenDataDeps): (input: OpenDataInput) => Promise<DataSet> {
  return async ({ run, source }) => {
    switch (source.type) {
      case 'folder':
        return describeFolder(deps, source.dir, 'given');
      case 'question':
        return describeQuestion(deps, run, source.video, source.question);
      default:
        return source satisfies never;
    }
  };
}

/** One question about one video, for a policy that sees eight frames and knows the words of the small world. */
async function describeQuestion(
  { store, tools }: OpenDataDeps,
  run: string,
  file: string,
  text: string,
): Promise<DataSet> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (!words.some((word) => QUESTION_WORDS.includes(word)))
    throw new UserError(
      `the policy knows no word of the question "${text}"`,
      'ask in its words, such as "What can you read on the sign?" or "How many dots does the phone show?"',
    );
  // Refused here, where nothing has been done yet, if it is longer than the policy reads.
  encodeQuestion(text);
  const overview = await tools.overview(file, DEFAULT_PICTURES);
  const { frames, fps, overview: size } = DEFAULT_PICTURES;
  if (overview.length !== OVERVIEW_BYTES)
    throw new UserError(
      `${file}: expected ${frames} frames at ${fps} a second, got ${overview.length / (size.widthPx * size.heightPx)}`,
      `the embedded policy looks at videos of ${frames / fps} seconds; ruminate data world makes such`,
    );
  const question: Question = {
    id: 'asked',
    video: path.basename(file),
    question: text,
    task: 'read',
    looks: 'crop',
    answers: [],
    evidence: [],
  };
  // Keyed by what was asked, so that asking again finds what was answered.
  const digest = createHash('sha256')
    .update(JSON.stringify([file, text]))
    .update(overview)
    .digest('hex');
  const at = `runs/${run}/asked/${digest.slice(0, 32)}`;
  const manifest: DataSetManifest = {
    dir: path.dirname(file),
    videos: [question.video],
    questions: await store.put(`${at}/questions.jsonl`, toLines([question]), 'questions'),
    scenes: null,
    overview: await store.put(`${at}/overview.bin`, overview, 'pictures'),
  };
  const ref = await store.put(`${at}/dataset.json`, toJson(manifest), 'dataset');
  return { split: 'given', videos: 1, questions: 1, ref };
}
