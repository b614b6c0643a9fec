import type { Question } from '../world/records.js';
import { looksOf, practiceOf, type Practice } from './practice.js';
import type { QuestionRecord, TrajectoryRecord } from './records.js';

/** What a run learns from, or is judged by: a data folder, read and judged. */
export interface Material {
  /** Absolute: questions and trajectories name videos from here. */
  readonly videoRoot: string;
  readonly questions: readonly Question[];
  /** Each about a question of these, which its `questionId` names. Its style is what it practises, never `given`. */
  readonly trajectories: readonly (TrajectoryRecord & { readonly questionId: string })[];
  /** A sentence for each row and each video that was left out. */
  readonly leftOut: readonly string[];
}

/**
 * Records as a run takes them. A trajectory without a question brings its own; one about a question that is not there is
 * named in `strays`, and left out, as is one that looks at nothing, which demonstrates no tool.
 */
export function materialOf(
  records: readonly QuestionRecord[],
  trajectories: readonly TrajectoryRecord[],
): Pick<Material, 'questions' | 'trajectories'> & { readonly strays: readonly string[] } {
  const questions = new Map(records.map((record) => [record.id, record]));
  const about = new Map<string, TrajectoryRecord[]>();
  const kept: Material['trajectories'][number][] = [];
  const strays: string[] = [];
  for (const trajectory of trajectories) {
    const own = trajectory.questionId ?? ownQuestion(trajectory);
    if (trajectory.questionId === null && !questions.has(own)) questions.set(own, recordOf(trajectory, own));
    const practice = practiceOf(trajectory);
    if (!questions.has(own)) strays.push(`trajectory "${trajectory.id}": there is no question "${own}"`);
    else if (practice === 'direct') strays.push(`trajectory "${trajectory.id}": it looks at nothing`);
    else {
      kept.push({ ...trajectory, questionId: own, style: practice });
      about.set(own, [...(about.get(own) ?? []), trajectory]);
    }
  }
  return {
    questions: [...questions.values()].map((record) => questionOf(record, about.get(record.id) ?? [])),
    trajectories: kept,
    strays,
  };
}

/** How much there is of what a stage may ask for. */
export interface MaterialCounts {
  readonly videos: number;
  readonly questions: number;
  /** Questions by what has to be looked at. */
  readonly looks: Readonly<Record<Question['looks'], number>>;
  /** Demonstrations by what they practise: direct ones are the questions with their answers. */
  readonly demonstrations: Readonly<Record<Practice, number>>;
  readonly leftOut: number;
}

export function countsOf({ questions, trajectories, leftOut }: Material): MaterialCounts {
  const looking = (looks: Question['looks']): number =>
    questions.filter((question) => question.looks === looks).length;
  const practising = (style: Practice): number => trajectories.filter((one) => one.style === style).length;
  return {
    videos: new Set([...questions, ...trajectories].map(({ video }) => video)).size,
    questions: questions.length,
    looks: { crop: looking('crop'), clip: looking('clip'), several: looking('several') },
    demonstrations: { drp: practising('drp'), crp: practising('crp'), direct: questions.length },
    leftOut: leftOut.length,
  };
}

/**
 * `evidence` stays empty: that of a record says where a text stands, not by which look it is read, and demonstrations are
 * the folder's own.
 */
function questionOf(
  { id, video, question, options, answers, task }: QuestionRecord,
  trajectories: readonly TrajectoryRecord[],
): Question {
  return {
    ...{ id, video, question },
    ...(options === undefined ? {} : { options }),
    task: task ?? 'question',
    looks: looksOf(trajectories),
    answers,
    evidence: [],
  };
}

/** The same question of the same video, asked by several trajectories, is one. */
function ownQuestion({ video, question }: TrajectoryRecord): string {
  return `${video}: ${question}`;
}

function recordOf({ video, question, answers }: TrajectoryRecord, id: string): QuestionRecord {
  return { id, video, question, answers };
}
