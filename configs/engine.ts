import { member } from './keys.js';
import type { OrderProblem } from './order.js';

/**
 * What a stage may not say because of the engine that trains it. A policy of the embedded engine may say everything; a
 * model of the torch engine is somebody's already, so it is not pretrained here, and no rate of ours fits it.
 */
export function engineProblems(value: unknown): readonly OrderProblem[] {
  const stages = member(value, 'stages');
  if (member(member(value, 'policy'), 'engine') !== 'torch' || !Array.isArray(stages)) return [];
  return stages.flatMap((stage: unknown, i): readonly OrderProblem[] => {
    if (member(stage, 'type') === 'pretrain')
      return [
        {
          path: [i, 'type'],
          message: 'the torch engine starts from a model that can see: remove the pretrain stage',
        },
      ];
    const problems: OrderProblem[] = [];
    const optimizer = member(stage, 'optimizer');
    if (member(optimizer, 'type') !== 'adamw' || member(optimizer, 'lr') === undefined)
      problems.push({
        path: [i, 'optimizer'],
        message:
          'the torch engine trains by AdamW at a rate that you name: write `optimizer: { type: adamw, lr: 1e-5 }`',
      });
    if (member(stage, 'auxiliaryWeight') !== undefined)
      problems.push({
        path: [i, 'auxiliaryWeight'],
        message: '`auxiliaryWeight` is of the embedded policy; the torch engine has no such loss: remove it',
      });
    return problems;
  });
}
