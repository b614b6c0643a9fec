import type { QuestionRecord } from '../data/records.js';
import type { Split } from '../world/records.js';

/** One entry of an annotation file (domain/formats/m4-vitevqa.ts says where the form was read). */
export interface M4Question {
  readonly question: string;
  readonly source1: 'Single frame' | 'Multi frame';
  readonly source2: 'Text' | 'Visual';
  readonly video_id: string;
  readonly answers: readonly string[];
  readonly video_width: number;
  readonly video_height: number;
  readonly question_id: number;
}

/** The annotation file's name and head: `t1s1train`, `t1s1val`, `t1s1test`. */
export function m4Annotation(
  split: Split,
  data: readonly M4Question[],
): { readonly file: string; readonly content: unknown } {
  const type = `t1s1${split === 'validation' ? 'val' : split}`;
  const content = { dataset_type: type, dataset_name: 'ruminate-town', dataset_version: '0.0.2', data };
  return { file: `ViteVQA_0.0.2_${type}.json`, content };
}

/** A town's question in the M4-ViteVQA form. A choice is written into the question, which has no other place for it. */
export function m4OfTown(
  { question, options, answers, evidence = [], task }: QuestionRecord,
  video: { readonly videoId: string; readonly widthPx: number; readonly heightPx: number },
  questionId: number,
): M4Question {
  const spans = new Set(evidence.map(({ startSec, endSec }) => `${startSec} ${endSec}`));
  const moves = task === 'scroll' && evidence.some(({ boxes }) => boxes.length > 1);
  return {
    question: options === undefined ? question : `${question} (${options.join(', ')})`,
    source1: spans.size > 1 || moves ? 'Multi frame' : 'Single frame',
    source2: evidence.some(({ text }) => text !== undefined) ? 'Text' : 'Visual',
    video_id: video.videoId,
    answers: answers.slice(0, 5),
    video_width: video.widthPx,
    video_height: video.heightPx,
    question_id: questionId,
  };
}
