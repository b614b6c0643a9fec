import type { QuestionRecord } from '../data/records.js';
import { boxedAnswer } from '../protocol/text.js';
import { joinedVideo, type Joined } from './joined.js';
import { isStill, pathBelow } from './paths.js';
import { KEPT, questionIn } from './question.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';
import { givesBack } from './same.js';

/**
 * Pixel-Reasoner, rows for reinforcement learning:
 * ```
 * {"qid": "tallyqa-17", "question": "How many …?", "image": ["images/17.jpg"], "is_video": false, "answer": "\\boxed{3}"}
 * ```
 * From TIGER-AI-Lab/Pixel-Reasoner, curiosity_driven_rl/openrlhf/datasets/prompts_dataset.py: `image` is a path or a list,
 * with `is_video` the list is the frames of one video. How its release.parquet writes answers could not be looked at: a
 * text or a list of texts is read, with or without \boxed{}.
 */
export const PIXEL_REASONER_RL = 'pixel-reasoner-rl';

export function questionOfRlRow(value: unknown, root?: string, joined?: Joined): QuestionRecord {
  const row = new Row(value);
  const question = row.text('question');
  const answers = row.answers('answer').map(withoutBox);
  const id = row.name('qid');
  const video = videoOf(row, root, joined);
  const rest = row.has(KEPT) ? row.object(KEPT).rest() : null;
  if (rest !== null)
    return questionIn(
      new Row({ ...rest, id, question, answers: rest['answers'] ?? answers, video: rest['video'] ?? video }),
    );
  const others = row.rest();
  return {
    id,
    video,
    question,
    answers,
    source: { form: PIXEL_REASONER_RL, fields: others },
  };
}

/** A record as a row: the row that it came from where there is one; else what the form has no place for is kept under `ruminate`. */
export function rlRowOfQuestion(record: QuestionRecord): Readonly<Record<string, unknown>> {
  const { id, video, question, answers, ...others } = record;
  const row = {
    qid: id,
    question,
    image: [video],
    is_video: !isStill(video),
    answer: answers.length === 1 ? answers[0] : answers,
  };
  if (record.source?.form === PIXEL_REASONER_RL) {
    const whole = { ...row, ...record.source.fields };
    if (!Object.hasOwn(whole, KEPT) && givesBack(() => questionOfRlRow(whole), record)) return whole;
  }
  return { ...row, [KEPT]: { ...others, answers } };
}

function videoOf(row: Row, root?: string, joined?: Joined): string {
  const given = row.raw('image');
  const paths = typeof given === 'string' ? [given] : row.texts('image');
  const [path, ...more] = paths;
  const isVideo = row.has('is_video') && row.raw('is_video') === true;
  if (path === undefined || path === '')
    throw new RowRefusal('missing-field', '"image" is empty: expected a picture or a video');
  if (isVideo && (more.length > 0 || isStill(path))) return joinedVideo(paths, root, joined);
  if (more.length > 0)
    throw new RowRefusal(
      'several-pictures',
      `the question is about ${paths.length} pictures; a record is about one`,
    );
  return pathBelow(path, root);
}

function withoutBox(answer: string): string {
  return boxedAnswer(answer) ?? answer;
}
