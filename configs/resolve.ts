import { dirname, resolve as resolvePath } from 'node:path';
import type { PromptTexts } from '../domain/conversation/spec.js';
import type { Curriculum, DataConfig, PolicyConfig, Stage } from '../domain/curriculum.js';
import { origins } from './order.js';
import type { CurriculumFile } from './schema.js';
import type { PolicyFile } from './schema/policy.js';
import type { StageFile } from './schema/stages.js';

/** Share of single-tool trajectories in `crp` where the file names none (ours: without any, they are forgotten). */
const SINGLE_TOOL_SHARE = 0.35;

/**
 * A checked file as a curriculum: origins filled in, nothing optional left.
 * @param fileName what the paths of a torch policy and of data folders are relative to
 * @param readPrompt reads a prompt file, or throws a UserError
 */
export function resolve(
  file: CurriculumFile,
  fileName: string,
  readPrompt: (file: string) => PromptTexts,
): Curriculum {
  const from = origins(file.stages);
  const absolute = (given: string): string => resolvePath(dirname(fileName), given);
  return {
    ...file,
    policy: resolvePolicy(file.policy, absolute, readPrompt),
    data: resolveData(file.data, absolute),
    stages: file.stages.map((stage, i) => resolveStage(stage, from[i]!, file.policy.engine === 'torch')),
  };
}

function resolvePolicy(
  policy: PolicyFile,
  absolute: (given: string) => string,
  readPrompt: (file: string) => PromptTexts,
): PolicyConfig {
  if (policy.engine !== 'torch') return { ...policy, engine: 'onnx' };
  const { model, prompt, sampler, ...rest } = policy;
  return {
    ...rest,
    ...(sampler.type === 'vllm' ? { sampler } : {}),
    model: model.type === 'tiny' ? model : { ...model, path: absolute(model.path) },
    contextTokens: policy.contextTokens ?? null,
    prompt: readPrompt(absolute(prompt)),
  };
}

function resolveData(data: DataConfig, absolute: (given: string) => string): DataConfig {
  if (!('folders' in data)) return data;
  return { folders: { train: absolute(data.folders.train), test: absolute(data.folders.test) } };
}

function resolveStage(stage: StageFile, from: string, torch: boolean): Stage {
  if (stage.type !== 'sft') return { ...stage, from };
  const { trajectories } = stage;
  // Of trajectories that are all single-tool, or all direct, no share is mixed in.
  const singleToolShare =
    trajectories.style === 'crp' ? (trajectories.singleToolShare ?? SINGLE_TOOL_SHARE) : 0;
  const auxiliaryWeight = torch ? 0 : stage.auxiliaryWeight;
  return { ...stage, from, auxiliaryWeight, trajectories: { ...trajectories, singleToolShare } };
}
