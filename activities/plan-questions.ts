import { UserError } from '../domain/failures.js';
import { questionsOfSteps } from '../domain/question-order.js';
import type { PlanQuestionsInput } from './contract.js';
import type { DataSets } from './datasets.js';

/** Chooses the questions of some steps of an RL stage, among those of the kinds that the stage allows. */
export function createPlanQuestions(deps: {
  readonly dataSets: DataSets;
}): (input: PlanQuestionsInput) => Promise<readonly number[]> {
  return async ({ data, kinds, ...order }) => {
    const { questions } = await deps.dataSets.load(data);
    const candidates = questions.flatMap(({ looks }, index) => (kinds.includes(looks) ? [index] : []));
    if (candidates.length === 0)
      throw new UserError(
        `stage "${order.stage}" asks questions of the kinds ${kinds.join(', ')}, and none of the ${questions.length} training questions is of one of them`,
        'raise data.world.train.videos, curate more demonstrations (they say which look a question takes), or name other kinds',
      );
    return questionsOfSteps(candidates, order);
  };
}
