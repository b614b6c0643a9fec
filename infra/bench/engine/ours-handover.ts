import { readFileSync } from 'node:fs';
import { parameters, type PolicySpec } from '../../../engine/policy/spec.js';
import { readSafetensors, type Tensors } from '../../../engine/safetensors.js';

/** What both sides of a scenario work on, as the Node side reads it. */
export class Handover {
  readonly tensors: Tensors;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    this.tensors = readSafetensors(readFileSync(file), file).tensors;
  }

  floats(name: string): Float32Array {
    return this.#of(name, Float32Array);
  }

  ints(name: string): Int32Array {
    return this.#of(name, Int32Array);
  }

  bytes(name: string): Uint8Array {
    return this.#of(name, Uint8Array);
  }

  weights(spec: PolicySpec): ReadonlyMap<string, Float32Array> {
    return new Map(parameters(spec).map(({ name }) => [name, this.floats(name)]));
  }

  #of<Data>(name: string, kind: abstract new (...args: never[]) => Data): Data {
    const data = this.tensors.get(name)?.data;
    if (data instanceof kind) return data;
    throw new Error(
      `${this.#file}: expected ${name} as ${kind.name}, found ${data?.constructor.name ?? 'none'}`,
    );
  }
}
