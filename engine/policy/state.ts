import { stream } from '../../domain/seeds.js';
import {
  dtypeOf,
  readSafetensors,
  writeSafetensors,
  type NamedTensor,
  type Tensors,
} from '../safetensors.js';
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

/** What the metadata of a weights file call themselves: names, shapes and the layout of the tokens go with it. */
export const POLICY_FORMAT = 'ruminate-policy-1';

export function weightsToFile(spec: PolicySpec, weights: ReadonlyMap<string, Float32Array>): Uint8Array {
  return writeSafetensors(named(spec, weights, ''), {
    format: POLICY_FORMAT,
    architecture: JSON.stringify(spec),
  });
}

/**
 * Reads weights and checks them against the architecture: what the metadata say of it, where they say anything (a file
 * that other programs have written may not), then every name, dtype and shape. A foreign file is refused, not guessed at.
 */
export function weightsFromFile(
  spec: PolicySpec,
  file: Uint8Array,
  name: string,
): ReadonlyMap<string, Float32Array> {
  const { tensors, metadata } = readSafetensors(file, name);
  const { format, architecture } = metadata;
  if (format?.startsWith('ruminate-') === true && format !== POLICY_FORMAT)
    throw new Error(`${name}: expected a file of format ${POLICY_FORMAT}, this is ${format}`);
  if (architecture !== undefined) refuseOtherArchitecture(spec, architectureOf(architecture, name), name);
  return pickAll(spec, tensors, '', name, true);
}

/** Heads are in no tensor's shape: only the file's own words tell one number of them from another. */
export function refuseOtherArchitecture(spec: PolicySpec, found: unknown, name: string): void {
  const given = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>;
  const keys = ['width', 'layers', 'heads', 'maxLooks'] as const;
  const other = keys.filter((key) => given[key] !== spec[key]);
  if (other.length === 0) return;
  const say = (of: Record<string, unknown>): string =>
    other.map((key) => `${key} ${JSON.stringify(of[key]) ?? 'not given'}`).join(', ');
  throw new Error(`${name}: expected a policy of ${say({ ...spec })}; this one has ${say(given)}`);
}

function architectureOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name}: the architecture in its metadata is not JSON`, { cause });
  }
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
  const wrong: string[] = [];
  for (const { name, shape } of expected) {
    const tensor = tensors.get(prefix + name);
    if (!tensor) wrong.push(`${prefix}${name} is missing`);
    else if (tensor.shape.join() !== shape.join() || !(tensor.data instanceof Float32Array))
      wrong.push(
        `${prefix}${name} should be F32 [${shape.join(', ')}], is ${dtypeOf(tensor.data)} [${tensor.shape.join(', ')}]`,
      );
    else picked.set(name, tensor.data);
  }
  if (exact) {
    const known = new Set(expected.map(({ name }) => prefix + name));
    for (const name of tensors.keys())
      if (!known.has(name)) wrong.push(`${name} is not of this architecture`);
  }
  if (wrong.length > 0) {
    const more = wrong.length > 3 ? `; and ${wrong.length - 3} more` : '';
    throw new Error(`${file}: holds other tensors than expected: ${wrong.slice(0, 3).join('; ')}${more}`);
  }
  return picked;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1);
}
