import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { Graph } from '../../../engine/graph/graph.js';
import { sessionOptions } from '../../../engine/sessions.js';
import { slab } from '../../../engine/slab.js';
import type { Handover } from './ours-handover.js';
import { readProfile, type Profile } from './profile.js';

const WARM_UP = 2;

/**
 * Runs a graph under onnxruntime's profiler, with the engine's own settings. Inputs are those handed over; any other (all,
 * without a handover) is made up.
 */
export async function profiled(
  graph: Graph,
  handover: Handover | null,
  { threads, runs }: { readonly threads: number; readonly runs: number },
): Promise<Profile> {
  const folder = mkdtempSync(join(tmpdir(), 'ruminate-profile-'));
  try {
    const session = await ort.InferenceSession.create(graph.toModel(), {
      ...sessionOptions(threads),
      executionProviders: ['cpu'],
      // The profiler's own notes would scatter the heap, and kernels that write much would wait for fresh pages.
      enableCpuMemArena: true,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
    });
    const feeds = Object.fromEntries(
      session.inputMetadata.map((input) => [input.name, tensorFor(input, handover)]),
    );
    // As the engine does: its outputs have their memory before the run.
    const into = outputsOf(session);
    for (let i = 0; i < WARM_UP + runs; i++) await session.run(feeds, into);
    session.endProfiling();
    await session.release();
    return readProfile(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8'), WARM_UP);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outputsOf(session: ort.InferenceSession): Record<string, ort.Tensor | null> {
  const floats = session.outputMetadata.flatMap((output) =>
    output.isTensor && output.type === 'float32'
      ? [{ name: output.name, shape: output.shape.map(Number) }]
      : [],
  );
  const none = session.outputNames.map((name) => [name, null] as const);
  return { ...Object.fromEntries(none), ...slab(floats) };
}

function tensorFor(input: ort.InferenceSession.ValueMetadata, handover: Handover | null): ort.Tensor {
  if (!input.isTensor) throw new Error(`expected tensors as inputs, ${input.name} is none`);
  const shape = input.shape.map(Number);
  const data = handover?.tensors.get(input.name)?.data ?? madeUp(input.name, input.type, shape);
  return new ort.Tensor(input.type as 'float32', data as Float32Array, shape);
}

/** Small numbers that no kernel can take a short way for; class numbers that every head has. */
function madeUp(
  name: string,
  type: string,
  shape: readonly number[],
): Float32Array | Int32Array | Uint8Array {
  const length = shape.reduce((a, b) => a * b, 1);
  if (type === 'uint8') return Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
  if (type === 'int32') return Int32Array.from({ length }, (_, i) => (i % 2) + Number(name === 'lookKinds'));
  const data = new Float32Array(length);
  // Rates and bias corrections: one keeps divisions finite.
  if (shape.length === 0) return data.fill(1);
  if (name.startsWith('grad/')) return data;
  for (let i = 0; i < length; i++) data[i] = ((i % 7) - 3) * 0.01;
  return data;
}
