import { majorityAnswer } from '../../../domain/metrics/majority.js';
import { matches } from '../../../domain/metrics/m4vitevqa.js';
import type { QuestionRecord } from '../../../domain/data/records.js';
import type { TownTask, TownTruth } from '../../../domain/town/records.js';
import { TOWN_TASKS } from '../../../domain/town/records.js';
import { stream } from '../../../domain/seeds.js';

export interface TaskScore {
  readonly task: TownTask | 'all';
  readonly questions: number;
  /** Share that the task's most frequent answer of the train split gets right. */
  readonly majority: number;
  /** Share that a text of the video gets right, drawn at random; a choice where the question offers some. */
  readonly randomText: number;
}

/** What one gets without looking: by habit, and by naming something that is there. */
export function scoreBaselines(
  train: readonly QuestionRecord[],
  test: readonly QuestionRecord[],
  truths: readonly TownTruth[],
): readonly TaskScore[] {
  const usual = new Map(TOWN_TASKS.map((task) => [task, majorityAnswer(train.filter((question) => question.task === task)) ?? '']));
  const textsOf = new Map(
    truths.map((truth) => [
      truth.video,
      truth.scenes.flatMap((scene) => scene.texts.filter((text) => text.role !== 'caption').map((text) => text.text)),
    ]),
  );
  const graded = test.map((question) => {
    const random = stream('town baseline', question.id);
    const guess = random.pick(question.options ?? textsOf.get(question.video) ?? ['']);
    const habit = usual.get(question.task as TownTask) ?? '';
    return { task: question.task, majority: matches(habit, question.answers), randomText: matches(guess, question.answers) };
  });
  return [...TOWN_TASKS, 'all' as const].map((task) => {
    const own = graded.filter((one) => task === 'all' || one.task === task);
    const share = (of: 'majority' | 'randomText'): number =>
      own.length === 0 ? 0 : own.filter((one) => one[of]).length / own.length;
    return { task, questions: own.length, majority: share('majority'), randomText: share('randomText') };
  });
} // prettier-ignore
