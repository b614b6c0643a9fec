import type { EvaluationConfig, Stage } from '../curriculum.js';
import type { MaterialCounts } from './material.js';

/** A sentence for each thing that a curriculum asks of its data folders and that is not in them. */
export function unmetNeeds(
  stages: readonly Stage[],
  evaluation: EvaluationConfig,
  { train, test }: { readonly train: MaterialCounts; readonly test: MaterialCounts },
): readonly string[] {
  const unmet = stages.flatMap((stage): readonly string[] => {
    switch (stage.type) {
      case 'pretrain':
        return [];
      case 'sft': {
        const { style } = stage.trajectories;
        if (train.demonstrations[style] > 0) return [];
        return [`stage "${stage.name}" learns from ${style} trajectories: train has 0 ${style} trajectories`];
      }
      case 'rl': {
        if (stage.questions.some((looks) => train.looks[looks] > 0)) return [];
        const asked = stage.questions.join(', ');
        return [`stage "${stage.name}" asks questions of the kinds ${asked}: train has 0 such questions`];
      }
      default:
        return stage satisfies never;
    }
  });
  const { crop, clip, several } = test.looks;
  const asked = Math.min(evaluation.single, crop + clip) + Math.min(evaluation.several, several);
  if (asked > 0) return unmet;
  return [
    ...unmet,
    `the evaluation asks ${evaluation.single} questions of one look and ${evaluation.several} of several: test has ${crop + clip} and ${several}`,
  ];
}
