import { stream } from '../domain/seeds.js';
import type { EvaluationPlan, PlanEvaluationInput } from './contract.js';
import type { DataSets } from './datasets.js';

/**
 * Draws the questions that every policy is asked: `single` of those that one look answers, `several` of the others,
 * or all where there are fewer. In the order of the dataset, so that questions about one video stand together.
 */
export function createPlanEvaluation(deps: {
  readonly dataSets: DataSets;
}): (input: PlanEvaluationInput) => Promise<EvaluationPlan> {
  return async ({ seed, data, evaluation }) => {
    const { questions } = await deps.dataSets.load(data);
    const indices = (several: boolean): readonly number[] =>
      questions.flatMap(({ looks }, index) => ((looks === 'several') === several ? [index] : []));
    const drawn = (several: boolean, count: number): readonly number[] =>
      stream(seed, 'evaluation', several ? 'several' : 'single')
        .shuffle(indices(several))
        .slice(0, count);
    const chosen = [...drawn(false, evaluation.single), ...drawn(true, evaluation.several)];
    return { questions: chosen.sort((a, b) => a - b) };
  };
}
