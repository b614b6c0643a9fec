import type { ModelDevice, ModelParts } from '../../activities/torch/model.js';
import { requireTorchPython } from './python.js';
import type { LoadRequest } from './schema.js';
import { TorchEngine } from './torch-engine.js';

/** The engine of a model; its process starts with the first request. Throws where Python lacks the packages. */
export async function torchEngineOf(
  parts: ModelParts,
  device: ModelDevice,
  logFile: string,
): Promise<TorchEngine> {
  return new TorchEngine(loadRequestOf(parts, device), { python: await requireTorchPython(), logFile });
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
