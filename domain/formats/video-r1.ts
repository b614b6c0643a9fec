import type { QuestionRecord } from '../data/records.js';
import { pathBelow } from './paths.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';

/**
 * Video-R1, rows of Video-R1-260k.json and Video-R1-COT-165k.json:
 * ```
 * {"problem_id": 2, "problem": "What appears on the screen in Russian?", "data_type": "video",
 *  "problem_type": "multiple choice", "options": ["A. A notification", "B. A command"], "process": "",
 *  "solution": "<answer>A</answer>", "path": "./LLaVA-Video-178K/…/ytb_7nRmsEw7nsE.mp4",
 *  "data_source": "LLaVA-Video-178K/30_60_s_youtube_v0_1"}
 * ```
 * Read in scripts that consume the files (tulerfeng/Video-R1 itself keeps only its README and trainer in reach). The
 * answer stays what the data says, a letter for a multiple choice.
 */
export const VIDEO_R1 = 'video-r1';

export function questionOfVideoR1(value: unknown, root?: string): QuestionRecord {
  const row = new Row(value);
  const type = row.text('problem_type');
  const dataType = row.oneOf('data_type', ['video', 'image'] as const);
  const options = row.has('options') ? row.texts('options') : [];
  if (type === 'multiple choice' && options.length === 0)
    throw new RowRefusal('missing-field', '"options" is empty: expected the choices of a multiple choice');
  return {
    id: row.name('problem_id'),
    video: pathBelow(row.text('path'), root),
    question: row.text('problem'),
    answers: [answerIn(row.anyText('solution'))],
    ...(options.length === 0 ? {} : { options }),
    task: type,
    source: { form: VIDEO_R1, fields: { data_type: dataType, ...row.rest() } },
  };
}

function answerIn(solution: string): string {
  const match = /<answer>([\s\S]*?)<\/answer>/.exec(solution);
  const answer = (match?.[1] ?? solution).trim();
  if (answer === '') throw new RowRefusal('answers-empty', '"solution" holds no answer');
  return answer;
}
