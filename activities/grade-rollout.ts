import type { GradedRollout } from '../domain/graded.js';
import { countsOf } from '../domain/looks.js';
import { gradeAnswer } from '../domain/metrics/grade.js';
import type { Rollout } from '../domain/trajectory.js';
import type { LoadedDataSet } from './datasets.js';

/** A rollout beside the truth about its question. */
export function gradeRollout(data: LoadedDataSet, questionIndex: number, rollout: Rollout): GradedRollout {
  const question = data.questions[questionIndex]!;
  const { clips, crops, refused } = countsOf(rollout);
  return {
    questionId: question.id,
    question: question.question,
    task: question.task,
    looks: question.looks,
    video: question.video,
    dir: data.dir,
    answers: question.answers,
    rollout,
    ...gradeAnswer(rollout.answer, question.answers),
    clips,
    crops,
    refused,
  };
}
