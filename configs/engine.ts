import { member } from './keys.js';
import type { OrderProblem } from './order.js';

/**
 * What a file may not say because of the engine that trains, with paths from the file's root. The embedded policy learns
 * from the small world alone; a model of the torch engine is somebody's already, so it is not pretrained here, and no
 * rate of ours fits it.
 */
export function engineProblems(value: unknown): readonly OrderProblem[] {
  const stages = member(value, 'stages');
  if (member(member(value, 'policy'), 'engine') !== 'torch') return embeddedProblems(value);
  const sampler = samplerProblems(value);
  if (!Array.isArray(stages)) return sampler;
  const problems = stages.flatMap((stage: unknown, i): readonly OrderProblem[] => {
    if (member(stage, 'type') === 'pretrain')
      return [
        {
          path: ['stages', i, 'type'],
          message: 'the torch engine starts from a model that can see: remove the pretrain stage',
        },
      ];
    const found: OrderProblem[] = [];
    const optimizer = member(stage, 'optimizer');
    if (member(optimizer, 'type') !== 'adamw' || member(optimizer, 'lr') === undefined)
      found.push({
        path: ['stages', i, 'optimizer'],
        message:
          'the torch engine trains by AdamW at a rate that you name: write `optimizer: { type: adamw, lr: 1e-5 }`',
      });
    if (member(stage, 'auxiliaryWeight') !== undefined)
      found.push({
        path: ['stages', i, 'auxiliaryWeight'],
        message: '`auxiliaryWeight` is of the embedded policy; the torch engine has no such loss: remove it',
      });
    return found;
  });
  return [...sampler, ...problems];
}

/** As `RANKS` of infra/torch-engine's vllm_weights.py ends. */
const MOST_RANK = 512;

function samplerProblems(value: unknown): readonly OrderProblem[] {
  const policy = member(value, 'policy');
  const type = member(member(policy, 'model'), 'type');
  if (member(member(policy, 'sampler'), 'type') !== 'vllm') return [];
  const rank = member(member(policy, 'adapter'), 'rank');
  const problems: OrderProblem[] = [];
  if (typeof rank === 'number' && rank > MOST_RANK)
    problems.push({
      path: ['policy', 'adapter', 'rank'],
      message: `vLLM takes adapters of rank ${MOST_RANK} at most, got ${rank}`,
    });
  if (type === 'folder') return problems;
  const message =
    `vLLM reads a model's folder: write \`model: { type: folder, path: … }\`, not ${String(type)} ` +
    '(`python -m ruminate_torch.tiny FOLDER --heads 2` writes a tiny one that it can read)';
  return [...problems, { path: ['policy', 'sampler', 'type'], message }];
}

function embeddedProblems(value: unknown): readonly OrderProblem[] {
  return [...ranksProblems(value), ...foldersProblems(value)];
}

function ranksProblems(value: unknown): readonly OrderProblem[] {
  const ranks = member(member(value, 'compute'), 'ranks');
  if (ranks === undefined || ranks === 1) return [];
  const message =
    '`compute.ranks` is for the torch engine: the embedded policy trains in one process; remove it, or write `policy: { engine: torch, … }`';
  return [{ path: ['compute', 'ranks'], message }];
}

function foldersProblems(value: unknown): readonly OrderProblem[] {
  if (member(member(value, 'data'), 'folders') === undefined) return [];
  const message =
    '`data.folders` is for the torch engine: the embedded policy sees videos of eight seconds and knows the words of the ' +
    'small world; write `policy: { engine: torch, … }`, or `data: { world: … }`';
  return [{ path: ['data', 'folders'], message }];
}
