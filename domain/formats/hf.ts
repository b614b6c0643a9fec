import type { QuestionRecord, TrajectoryRecord } from '../data/records.js';
import type { Rendered } from './conversation.js';
import { chatRowOf } from './messages.js';
import { RowRefusal } from './refusal.js';

/**
 * Rows for Hugging Face `datasets`, in the convention of its folder builders (videofolder, imagefolder): a
 * `metadata.jsonl` or `metadata.parquet` beside the files that `file_name` or `file_names` name from it
 * (huggingface.co/docs/datasets/video_dataset; packaged_modules/folder_based_builder of datasets 5.2). Columns have one
 * type in every row, because the builder takes types from the first rows it sees: what is optional or nested stands as
 * JSON text, the whole record in `record`.
 */
export interface HfQuestion {
  readonly file_name: string;
  readonly id: string;
  readonly question: string;
  readonly answers: readonly string[];
  /** JSON list; empty text where the question is open. */
  readonly options: string;
  readonly split: string;
  readonly task: string;
  readonly record: string;
}

export function hfQuestionOf(record: QuestionRecord): HfQuestion {
  const { id, question, answers, options, split = '', task = '' } = record;
  refuseHalves([record.video, id, question, ...answers, split, task]);
  return {
    file_name: record.video,
    id,
    question,
    answers,
    options: options === undefined ? '' : JSON.stringify(options),
    split,
    task,
    record: JSON.stringify(record),
  };
}

export interface HfTrajectory {
  /** Becomes the column `images`, in the order of the `<image>` in the messages. */
  readonly file_names: readonly string[];
  readonly id: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly record: string;
}

export function hfTrajectoryOf(record: TrajectoryRecord, rendered: Rendered): HfTrajectory {
  const { messages, images } = chatRowOf(record, rendered);
  refuseHalves([record.id, ...messages.map(({ content }) => content)]);
  return { file_names: images, id: record.id, messages, record: JSON.stringify(record) };
}

/** JSON can carry half of a surrogate pair and Arrow cannot: it would refuse the whole file for one row. */
function refuseHalves(texts: readonly string[]): void {
  const half = texts.find((text) => /\p{Surrogate}/u.test(text));
  if (half !== undefined)
    throw new RowRefusal(
      'cannot-be-written',
      `the text holds half of a surrogate pair, which no UTF-8 has: ${JSON.stringify(half.slice(0, 60))}`,
    );
}
