import * as ort from 'onnxruntime-node';
import type { Graph } from './graph/graph.js';

/** Sessions by key, built when first asked for; the least recently used goes when there are too many. */
export class Sessions {
  readonly #threads: number;
  readonly #limit: number;
  readonly #open = new Map<string, Promise<ort.InferenceSession>>();

  constructor({ threads, limit = 24 }: { threads: number; limit?: number }) {
    this.#threads = threads;
    this.#limit = limit;
  }

  get(key: string, build: () => Graph): Promise<ort.InferenceSession> {
    const known = this.#open.get(key);
    const session = known ?? this.#create(build());
    this.#open.delete(key);
    this.#open.set(key, session);
    this.#evict();
    return session;
  }

  /** Runs the graph of that key; its feeds may hold more than it takes in. */
  async run(
    key: string,
    build: () => Graph,
    feeds: Readonly<Record<string, ort.Tensor>>,
  ): Promise<ort.InferenceSession.OnnxValueMapType> {
    return (await this.get(key, build)).run(feeds);
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const session of all) await (await session).release();
  }

  #create(graph: Graph): Promise<ort.InferenceSession> {
    return ort.InferenceSession.create(graph.toModel(), {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.#threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // An arena a session would keep every session's peak for ever: 550 MB in place of 170 after one shape.
      enableCpuMemArena: false,
      graphOptimizationLevel: 'basic',
      // Warnings about initializers that its own constant folding left over say nothing to a person.
      logSeverityLevel: 3,
    });
  }

  #evict(): void {
    while (this.#open.size > this.#limit) {
      const [oldest, session] = this.#open.entries().next().value!;
      this.#open.delete(oldest);
      void session.then((s) => s.release());
    }
  }
}
