import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ComputeConfig, TorchPolicy } from '../../domain/curriculum.js';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import { engineSources, requirePython } from './python.js';

const Problems = z.array(z.object({ message: z.string(), hint: z.string().nullable() }));
/** PyTorch is loaded for `cuda` alone; on a busy machine that takes a while. */
const ANSWER_WITHIN_MS = 5 * 60_000;

/** Of a curriculum. */
const KEYS = { device: 'compute.device', contextTokens: 'policy.contextTokens' };

interface PreflightOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What a person sets these by, for messages. */
  readonly options?: { readonly device: string; readonly contextTokens: string };
}

/**
 * Refuses what would keep a model from being loaded here: packages that Python lacks, files that the model's folder
 * lacks (all named), a context that the model was not made for, CUDA that is not there. Asked before anything is started for it, because the model is loaded only later.
 */
export async function refuseAbsentModel(
  { model, sampler, contextTokens }: Pick<TorchPolicy, 'model' | 'sampler' | 'contextTokens'>,
  { device }: Pick<ComputeConfig, 'device'>,
  { env = process.env, options = KEYS }: PreflightOptions = {},
): Promise<void> {
  const { path: python } = await requirePython('torch-engine', env);
  if (sampler !== undefined) await refuseAbsentVllm(device, env);
  if (model.type === 'tiny' && device === 'cpu') return;
  const [problem, ...more] = await ask(python, { model, device, contextTokens, options }, env);
  if (problem === undefined) return;
  const told = [problem, ...more].map(({ message }) => message).join('\n');
  throw new UserError(told, [problem, ...more].flatMap(({ hint }) => hint ?? []).join('\n'));
}

/** One that is built for another device would be refused only when its first message is drawn. */
async function refuseAbsentVllm(device: ComputeConfig['device'], env: NodeJS.ProcessEnv): Promise<void> {
  const { path, versions } = await requirePython('vllm', env);
  if (device === 'cpu' || Object.hasOwn(versions, 'vllm')) return;
  throw new UserError(
    `${path} has a vLLM for a CPU, and ${device} is asked for`,
    'name a Python with vLLM for CUDA (RUMINATE_VLLM_PYTHON), or leave policy.sampler out',
  );
}

async function ask(python: string, about: object, env: NodeJS.ProcessEnv): Promise<z.infer<typeof Problems>> {
  try {
    const { stdout } = await promisify(execFile)(
      python,
      ['-m', 'ruminate_torch.preflight', JSON.stringify(about)],
      {
        env: { ...env, PYTHONPATH: engineSources(), PYTHONSAFEPATH: '1' },
        timeout: ANSWER_WITHIN_MS,
      },
    );
    return Problems.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new InfrastructureFailure(`${python} could not say whether the model can be loaded`, { cause });
  }
}
