import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import type { ComputeConfig } from '../domain/curriculum.js';
import { UserError } from '../domain/failures.js';
import { Graph } from './graph/graph.js';

/**
 * Where sessions run. The exactness contract (bit-identical log-probabilities, any batch, any thread count) is
 * measured on `cpu` and stated for it alone; nothing is claimed for `cuda`.
 */
export type Device = ComputeConfig['device'];

/**
 * Session options of a device. For `cuda` onnxruntime gets that provider and no other, and may not place a node that
 * it lacks on the CPU: such a graph is an error, never a run that is silently slower and elsewhere.
 */
export function deviceOptions(device: Device): ort.InferenceSession.SessionOptions {
  switch (device) {
    case 'cpu':
      return { executionProviders: ['cpu'] };
    case 'cuda':
      return { executionProviders: ['cuda'], extra: { session: { disable_cpu_ep_fallback: '1' } } };
    default:
      return device satisfies never;
  }
}

/** Throws a UserError that says what to install where sessions cannot run on the device. */
export async function requireDevice(device: Device): Promise<void> {
  if (device === 'cpu') return;
  const problem = await cudaProblem();
  if (problem === null) return;
  throw new UserError(
    `compute.device is cuda, but ${problem.what}`,
    `${problem.todo}\nor set compute.device: cpu`,
  );
}

export interface DeviceProblem {
  readonly what: string;
  readonly todo: string;
}

/** What keeps sessions from running on CUDA here, or null: found by loading the provider, not by its name in a list. */
export async function cudaProblem(): Promise<DeviceProblem | null> {
  if (!ort.listSupportedBackends().some(({ name }) => name === 'cuda'))
    return {
      what: `onnxruntime-node for ${process.platform}-${process.arch} is built without CUDA`,
      todo: 'its prebuilt CUDA provider is for linux-x64: train there',
    };
  const folder = bindingFolder();
  const missing = PROVIDER_FILES.filter((file) => !existsSync(path.join(folder, file)));
  if (missing.length > 0)
    return {
      what: `onnxruntime-node's CUDA provider is not installed: ${folder} has no ${missing.join(' and no ')}`,
      todo: `install it: ${INSTALL}\nit needs ${NEEDS}`,
    };
  try {
    await (await ort.InferenceSession.create(oneAddition(), deviceOptions('cuda'))).release();
    return null;
  } catch (cause) {
    return {
      what: `onnxruntime's CUDA provider does not load: ${cause instanceof Error ? cause.message : String(cause)}`,
      todo: `it needs ${NEEDS}, with their libraries on LD_LIBRARY_PATH`,
    };
  }
}

/** In the words of onnxruntime-node 1.30, script/install.js; .npmrc switches install scripts off. */
const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false';

/** https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider */
const NEEDS = 'an NVIDIA GPU and its driver, CUDA 12 and cuDNN 9';

const PROVIDER_FILES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

function bindingFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return path.join(path.dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
}

function oneAddition(): Uint8Array {
  const g = new Graph();
  const x = g.input('x', 'float32', [1]);
  g.output('y', g.apply('Add', [x, x], 'float32', [1]));
  return g.toModel();
}
