import type { ModelDevice, ModelParts, TokenModel } from '../../activities/torch/model.js';
import type { VllmSampler } from '../../domain/curriculum.js';
import { BugFailure } from '../../domain/failures.js';
import { requirePython } from './python.js';
import type { LoadRequest, SamplerRequest } from './schema.js';
import { TorchEngine } from './torch-engine.js';
import { VllmModel } from './vllm.js';

/** The model that a policy names; its processes start with the first request. Throws where a Python lacks the packages. */
export async function torchModelOf(
  parts: ModelParts,
  device: ModelDevice,
  logFile: string,
): Promise<TokenModel & { close(): Promise<void> }> {
  const engine = await torchEngineOf(parts, device, logFile);
  if (parts.sampler === undefined) return engine;
  const load = samplerRequestOf(parts, parts.sampler, device);
  const { path: python } = await requirePython('vllm');
  return new VllmModel(engine, load, { python, logFile });
}

export async function torchEngineOf(
  parts: ModelParts,
  device: ModelDevice,
  logFile: string,
): Promise<TorchEngine> {
  const { path: python } = await requirePython('torch-engine');
  return new TorchEngine(loadRequestOf(parts, device), { python, logFile });
}

function loadRequestOf(
  { model, adapter, dtype, gradientCheckpointing, contextTokens }: ModelParts,
  { device, threads, ranks = 1 }: ModelDevice,
): LoadRequest {
  return {
    ...{ model, adapter, dtype, gradientCheckpointing, device, ranks, threads },
    ...(contextTokens === null ? {} : { contextTokens }),
  };
}

function samplerRequestOf(
  { model, adapter, dtype, contextTokens }: ModelParts,
  { memoryShare, rows }: VllmSampler,
  { device, threads }: ModelDevice,
): SamplerRequest {
  if (model.type !== 'folder')
    throw new BugFailure(`vLLM reads a model's folder, and was given one of type ${model.type}`);
  return {
    ...{ model, adapter, dtype, device, threads, memoryShare },
    rows: device === 'cpu' ? 1 : rows,
    ...(contextTokens === null ? {} : { contextTokens }),
  };
}
