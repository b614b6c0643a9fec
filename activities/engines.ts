import type { EmbeddedEngine, EngineOptions } from '../engine/embedded-engine.js';
import type { ComputeConfig, EmbeddedPolicy, PolicyConfig } from '../domain/curriculum.js';
import { BugFailure } from '../domain/failures.js';
import type { PolicySpec } from '../engine/policy/spec.js';

/** Makes an engine; handed in by the worker, so that another backend can take its place. */
export type EngineFactory = (spec: PolicySpec, options: EngineOptions) => EmbeddedEngine;

/** Engines by architecture and compute, kept warm for the life of the worker. */
export class Engines {
  readonly #create: EngineFactory;
  readonly #engines = new Map<string, EmbeddedEngine>();

  constructor(create: EngineFactory) {
    this.#create = create;
  }

  get(policy: PolicyConfig, { device, threads, microBatch }: ComputeConfig): EmbeddedEngine {
    const spec = specOf(policy);
    const key = JSON.stringify([spec, device, threads, microBatch]);
    const known = this.#engines.get(key);
    if (known) return known;
    const engine = this.#create(spec, { device, threads, capacity: microBatch });
    this.#engines.set(key, engine);
    return engine;
  }

  async close(): Promise<void> {
    for (const engine of this.#engines.values()) await engine.close();
    this.#engines.clear();
  }
}

/** The architecture alone. */
export function specOf(policy: PolicyConfig): PolicySpec {
  const { width, layers, heads, maxLooks, grammar } = embedded(policy);
  return { width, layers, heads, maxLooks, ...(grammar ? { grammar } : {}) };
}

/** Activities of the embedded policy are not asked about others: whoever wires them sees to that. */
function embedded(policy: PolicyConfig): EmbeddedPolicy {
  if (policy.engine !== 'torch') return policy;
  throw new BugFailure(`expected a policy of engine onnx, got ${policy.engine}`);
}
