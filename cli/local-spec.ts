import { basename, join, resolve } from 'node:path';
import { specOfPolicy } from '../domain/conversation/of-policy.js';
import type { AnswerSpec, LocalModel } from '../domain/conversation/spec.js';
import type { TorchPolicy } from '../domain/curriculum.js';
import { UserError } from '../domain/failures.js';
import type { TrainedPolicy } from '../infra/client/policies.js';
import { FPS, FRAMES, MESSAGES_OF_TOKENS, type ServedOptions } from './served-options.js';

/** What is asked of the model in a folder; looks at the folder, the Python and the device first. */
export async function localSpec(options: ServedOptions): Promise<AnswerSpec> {
  if (options.model === undefined)
    throw new UserError('--engine torch: no model is named', 'name its folder with --model FOLDER');
  const { loadPrompt } = await import('../configs/prompt.js');
  const { projectRoot } = await import('../infra/setup/paths.js');
  const path = resolve(options.model);
  const device = options.device ?? 'cpu';
  const engine: LocalModel = {
    type: 'torch',
    name: basename(path),
    model: { type: 'folder', path },
    adapter: { type: 'none' },
    dtype: options.dtype ?? (device === 'cpu' ? 'fp32' : 'bf16'),
    gradientCheckpointing: false,
    contextTokens: options.contextTokens ?? null,
    device,
    threads: options.threads ?? THREADS,
    weights: null,
  };
  await refuseUnloadable(engine);
  const { maxTokens, maxLooks, maxTurns, overviewPixels, clipPixels, cropPixels } = options;
  return {
    engine,
    sampling: { ...drawing(options), maxTokens },
    budget: { maxLooks, maxTurns, maxTokens: maxTokens * MESSAGES_OF_TOKENS },
    view: {
      fps: options.fps ?? FPS,
      frames: options.frames ?? FRAMES,
      ...{ overviewPixels, clipPixels, cropPixels },
      format: options.pictures ?? 'png',
    },
    prompt: await loadPrompt(options.prompt ?? join(projectRoot(), 'configs', 'prompts', 'default.yaml')),
  };
}

/** What is asked of a policy that a run of the torch engine trained. */
export async function trainedSpec(
  { run, stage, compute, checkpoint }: TrainedPolicy,
  policy: TorchPolicy,
  options: ServedOptions,
): Promise<AnswerSpec> {
  const { device = compute.device, threads = compute.threads } = options;
  await refuseUnloadable({ ...policy, device });
  return specOfPolicy({
    name: `${run}/${stage}`,
    policy,
    compute: { device, threads },
    weights: checkpoint.weights,
    sampling: drawing(options),
  });
}

/** Equal numbers are promised for equal threads: the default does not follow the machine. */
const THREADS = 2;

function drawing({ temperature, seed, logProbs }: ServedOptions): Omit<AnswerSpec['sampling'], 'maxTokens'> {
  return { temperature, topP: 1, seed: seed ?? null, logProbs: logProbs === true };
}

async function refuseUnloadable(
  engine: Pick<LocalModel, 'model' | 'sampler' | 'device' | 'contextTokens'>,
): Promise<void> {
  const { refuseAbsentModel } = await import('../infra/torch/preflight.js');
  const options = { device: '--device', contextTokens: '--context-tokens' };
  await refuseAbsentModel(engine, engine, { options });
}
