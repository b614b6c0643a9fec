import type { ComputeConfig, TorchPolicy } from '../../domain/curriculum.js';
import { requireTorchPython } from './python.js';
import type { LoadRequest } from './schema.js';
import { TorchEngine } from './torch-engine.js';

/** The engine of a curriculum's policy; its process starts with the first request. Throws where Python lacks the packages. */
export async function torchEngineOf(
  policy: TorchPolicy,
  compute: ComputeConfig,
  logFile: string,
): Promise<TorchEngine> {
  return new TorchEngine(loadRequestOf(policy, compute), { python: await requireTorchPython(), logFile });
}

function loadRequestOf(
  { model, adapter, dtype, gradientCheckpointing, contextTokens }: TorchPolicy,
  { device, threads }: ComputeConfig,
): LoadRequest {
  return {
    ...{ model, adapter, dtype, gradientCheckpointing, device, threads },
    ...(contextTokens === null ? {} : { contextTokens }),
  };
}
