import type { QuestionRecord } from '../data/records.js';
import { nameHash } from '../seeds.js';
import { pathBelow, stemOf } from './paths.js';
import { KEPT, questionIn } from './question.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';
import { givesBack } from './same.js';

/**
 * M4-ViteVQA, an annotation file:
 * ```
 * {"dataset_type": "t1s1train", "dataset_name": "vtvqa", "dataset_version": "0.0.2", "data": [
 *   {"question": "What is the MPH?", "source1": "Single frame", "source2": "Text", "video_id": "04666",
 *    "answers": ["20"], "video_width": 1280, "video_height": 720, "question_id": 20011}, …]}
 * ```
 * Read in bytedance/VTVQA, Annotations/ViteVQA_0.0.2_*.json. The videos need a signed agreement; none is shipped.
 */
export const M4 = 'm4-vitevqa';

/** What stands before the rows of a file. */
export interface M4Header {
  readonly dataset_type: string;
  readonly dataset_name: string;
  readonly dataset_version: string;
}

export function m4HeaderOf(value: unknown): M4Header {
  const row = new Row(value, 'the head of the file');
  return {
    dataset_type: row.text('dataset_type'),
    dataset_name: row.text('dataset_name'),
    dataset_version: row.text('dataset_version'),
  };
}

/** `t1s1val` → task `t1s1`, split `validation`; `extra` (unlabelled use in task 2) keeps its name. */
export function m4Split(datasetType: string): { readonly task: string; readonly split: string } {
  const match = /^(t1s1|t1s2|t2)(train|val|test|extra)$/.exec(datasetType);
  if (match === null)
    throw new RowRefusal(
      'bad-value',
      `expected "dataset_type" to be t1s1, t1s2 or t2 with train, val, test or extra, got ${JSON.stringify(datasetType)}`,
    );
  const [, task = '', split = ''] = match;
  return { task, split: split === 'val' ? 'validation' : split };
}

/** Of a row: the pixels of its video's frames, by which the boxes of its OCR side file are fractions. */
export interface M4Video {
  readonly videoId: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * One row as a record. `videoOf` says which file an id names. Ids are made from the dataset type too: the same
 * question stands in several tasks, with the same number.
 */
export function questionOfM4(
  value: unknown,
  header: M4Header,
  videoOf: (videoId: string) => string,
): { readonly record: QuestionRecord; readonly video: M4Video } {
  const row = new Row(value);
  const kept = row.has(KEPT) ? row.object(KEPT) : null;
  const video = {
    videoId: pathBelow(row.text('video_id')),
    widthPx: row.whole('video_width', 1),
    heightPx: row.whole('video_height', 1),
  };
  const question = row.text('question');
  const answers = row.answers('answers');
  const number = row.whole('question_id', 0);
  if (kept !== null) return { record: questionIn(new Row({ ...kept.rest(), question, answers })), video };
  const { task, split } = m4Split(header.dataset_type);
  const fields = {
    ...header,
    source1: row.text('source1'),
    source2: row.text('source2'),
    video_id: video.videoId,
    video_width: video.widthPx,
    video_height: video.heightPx,
    question_id: number,
  };
  const record: QuestionRecord = {
    id: `${header.dataset_type}-${number}`,
    video: videoOf(video.videoId),
    question,
    answers,
    split,
    task,
    source: { form: M4, fields: { ...fields, ...row.rest() } },
  };
  return { record, video };
}

/**
 * A record as a row and the head of the file in which it belongs. A record that was read from this form gives the row
 * that it came from; another one is numbered by a hash of its id, sorted by its split, and what the form has no place for is
 * kept under `ruminate`. Boxes of OCR are pixels of frames of `size`.
 */
export function m4OfQuestion(
  record: QuestionRecord,
  size: { readonly widthPx: number; readonly heightPx: number },
): { readonly header: M4Header; readonly row: Readonly<Record<string, unknown>>; readonly videoId: string } {
  const { id: _id, video, question, answers, ...others } = record;
  if (record.source?.form === M4) {
    const { dataset_type, dataset_name, dataset_version, source1, source2, video_id, ...rest } =
      record.source.fields;
    const head = { dataset_type, dataset_name, dataset_version };
    const row = { question, source1, source2, video_id, answers, ...rest };
    const own = (): QuestionRecord => questionOfM4(row, m4HeaderOf(head), () => video).record;
    if (givesBack(own, record)) return { header: m4HeaderOf(head), row, videoId: String(video_id) };
  }
  const split = SPLITS[record.split ?? ''] ?? 'train';
  const videoId = video.slice(0, video.length - (video.split('/').at(-1) ?? '').length) + stemOf(video);
  return {
    header: { dataset_type: `t1s1${split}`, dataset_name: 'ruminate', dataset_version: '1' },
    row: {
      question,
      source1: (record.evidence?.length ?? 1) > 1 ? 'Multi frame' : 'Single frame',
      source2: 'Text',
      video_id: videoId,
      answers,
      video_width: size.widthPx,
      video_height: size.heightPx,
      question_id: numberOf(record.id),
      [KEPT]: { id: record.id, video, ...others },
    },
    videoId,
  };
}

/** 53 bits, so that two ids do not meet, and the order of records does not matter. */
function numberOf(id: string): number {
  return nameHash(M4, 'question', id) * 2 ** 21 + (nameHash(M4, 'more', id) >>> 11);
}

const SPLITS: Readonly<Record<string, string>> = {
  train: 'train',
  validation: 'val',
  test: 'test',
  extra: 'extra',
};
