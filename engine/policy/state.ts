import { stream } from '../../domain/seeds.js';
import { readSafetensors, writeSafetensors, type NamedTensor, type Tensors } from '../safetensors.js';
import { parameters, type PolicySpec } from './spec.js';

/** Weights and optimizer moments by parameter name; a copy-on-write value: steps make new arrays. */
export interface PolicyState {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly optimizer: OptimizerState;
}

export interface OptimizerState {
  /** Optimizer steps taken since the moments were zero: t of Adam's bias correction. */
  readonly steps: number;
  readonly first: ReadonlyMap<string, Float32Array>;
  readonly second: ReadonlyMap<string, Float32Array>;
}

/** Random weights from the stream (seed, "weights", parameter). */
export function freshWeights(spec: PolicySpec, seed: number): ReadonlyMap<string, Float32Array> {
  return new Map(
    parameters(spec).map(({ name, shape, std }) => {
      const data = new Float32Array(count(shape));
      const random = stream(seed, 'weights', name);
      if (std > 0) for (let i = 0; i < data.length; i++) data[i] = random.normal() * std;
      return [name, data];
    }),
  );
}

/** Zero moments: what each stage starts with. */
export function freshOptimizer(spec: PolicySpec): OptimizerState {
  const zeros = (): ReadonlyMap<string, Float32Array> =>
    new Map(parameters(spec).map(({ name, shape }) => [name, new Float32Array(count(shape))]));
  return { steps: 0, first: zeros(), second: zeros() };
}

export function weightsToFile(spec: PolicySpec, weights: ReadonlyMap<string, Float32Array>): Uint8Array {
  return writeSafetensors(named(spec, weights, ''), {
    format: 'ruminate-policy-1',
    architecture: JSON.stringify(spec),
  });
}

/** Reads weights and checks names and shapes against the architecture: a foreign file is refused, not guessed at. */
export function weightsFromFile(
  spec: PolicySpec,
  file: Uint8Array,
  name: string,
): ReadonlyMap<string, Float32Array> {
  return pickAll(spec, readSafetensors(file, name).tensors, '', name, true);
}

export function optimizerToFile(spec: PolicySpec, optimizer: OptimizerState): Uint8Array {
  const tensors = new Map<string, NamedTensor>([
    ...named(spec, optimizer.first, 'first/'),
    ...named(spec, optimizer.second, 'second/'),
    ['steps', { shape: [1], data: Int32Array.of(optimizer.steps) }],
  ]);
  return writeSafetensors(tensors, { format: 'ruminate-optimizer-1' });
}

export function optimizerFromFile(spec: PolicySpec, file: Uint8Array, name: string): OptimizerState {
  const { tensors } = readSafetensors(file, name);
  const steps = tensors.get('steps')?.data[0];
  if (steps === undefined) throw new Error(`${name}: expected a tensor named steps, found none`);
  return {
    steps,
    first: pickAll(spec, tensors, 'first/', name, false),
    second: pickAll(spec, tensors, 'second/', name, false),
  };
}

function named(
  spec: PolicySpec,
  data: ReadonlyMap<string, Float32Array>,
  prefix: string,
): Map<string, NamedTensor> {
  return new Map(
    parameters(spec).map(({ name, shape }) => [`${prefix}${name}`, { shape, data: data.get(name)! }]),
  );
}

function pickAll(
  spec: PolicySpec,
  tensors: Tensors,
  prefix: string,
  file: string,
  exact: boolean,
): ReadonlyMap<string, Float32Array> {
  const expected = parameters(spec);
  const picked = new Map<string, Float32Array>();
  for (const { name, shape } of expected) {
    const tensor = tensors.get(prefix + name);
    if (!tensor) throw new Error(`${file}: expected a tensor named ${prefix}${name}, found none`);
    if (tensor.shape.join() !== shape.join() || !(tensor.data instanceof Float32Array))
      throw new Error(
        `${file}: ${prefix}${name} should be float32 [${shape.join(', ')}], is [${tensor.shape.join(', ')}]`,
      );
    picked.set(name, tensor.data);
  }
  if (exact && tensors.size !== expected.length) {
    const extra = [...tensors.keys()].filter((key) => !picked.has(key));
    throw new Error(`${file}: holds tensors that this architecture has not: ${extra.slice(0, 3).join(', ')}`);
  }
  return picked;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1);
}
