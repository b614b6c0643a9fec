import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '../../../domain/seeds.js';
import { readSafetensors, writeSafetensors, type NamedTensor } from '../../../engine/safetensors.js';
import type { Numbers } from './ours.js';

/** Numbers of PyTorch, and what made them. */
export interface Reference {
  readonly numbers: Numbers;
  /** Learning rates of PyTorch's schedulers, and how often something was clipped. */
  readonly told: Told;
  readonly versions: Readonly<Record<string, string>>;
}

interface Told {
  readonly rates: readonly number[];
  readonly plain: { readonly clippedSteps: number };
  readonly dense: { readonly clippedSteps: number };
  readonly grpo: {
    readonly clippedSteps: number;
    readonly clippedAboveAndBelow: readonly [above: number, below: number];
  };
}

export const GOLDEN_FOLDER = join(import.meta.dirname, '..', 'golden');
export const GOLDEN_FILE = join(GOLDEN_FOLDER, 'golden.safetensors');

export function readReference(file: string): Reference {
  const { tensors, metadata } = readSafetensors(readFileSync(file), file);
  return {
    numbers: new Map([...tensors].map(([name, { data }]) => [name, data as Float32Array])),
    told: JSON.parse(metadata['told']!) as Told,
    versions: JSON.parse(metadata['versions']!) as Record<string, string>,
  };
}

/** Entries of a tensor that the golden file keeps. */
const KEPT = 64;
/** Log-probabilities are given to the engine, so all of them are kept; and norms, one a step. */
const WHOLE = /(LogProbs|gradNorms)$/;

/** Entries at positions drawn from a stream that the name seeds; all of a small tensor. */
export function kept(name: string, data: Float32Array): Float32Array {
  if (WHOLE.test(name) || data.length <= KEPT) return data;
  const random = stream('parity', 'positions', name);
  return Float32Array.from({ length: KEPT }, () => data[random.int(0, data.length)]!);
}

/** Norm and largest magnitude: what the entries that are not kept add up to. */
export function sizeOf(data: Float32Array): Float32Array {
  return Float32Array.of(norm(data), largest(data));
}

export const SIZE = 'size:';

/** The golden file: of each tensor its kept entries and, under `size:<name>`, its norm and largest magnitude. */
export function goldenFile({ numbers, told, versions }: Reference): Uint8Array {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, data] of numbers) {
    const entries = kept(name, data);
    tensors.set(name, { shape: [entries.length], data: entries });
    tensors.set(SIZE + name, { shape: [2], data: sizeOf(data) });
  }
  return writeSafetensors(tensors, { told: JSON.stringify(told), versions: JSON.stringify(versions) });
}

/** max |a − b| over `scale`; the promise is 1e-4 with the largest magnitude of PyTorch's tensor as the scale. */
export function distance(a: Float32Array, b: Float32Array, scale: number): number {
  if (a.length !== b.length) throw new RangeError(`expected ${b.length} numbers, got ${a.length}`);
  const off = a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
  // A NaN is far from everything: Math.max carries it on.
  return off === 0 ? 0 : off / scale;
}

/** ‖a − b‖ / ‖b − start‖: how far apart two ways from one start have led, against how far they went. */
export function parted(a: Float32Array, b: Float32Array, start: Float32Array): number {
  return norm(a.map((x, i) => x - b[i]!)) / norm(b.map((x, i) => x - start[i]!));
}

export function largest(data: Float32Array): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function norm(data: Float32Array): number {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
}
