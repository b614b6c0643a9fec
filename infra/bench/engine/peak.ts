import * as ort from 'onnxruntime-node';
import { Graph } from '../../../engine/graph/graph.js';

/** M × K × N of the products whose fastest is taken as what the machine can do: square ones, and those of the wide step. */
export const PEAK_SHAPES: readonly (readonly [number, number, number])[] = [
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [3456, 512, 2048],
  [3456, 2048, 512],
  [3456, 512, 512],
];

/** About as long a measurement for each shape. */
const FLOPS_A_ROUND = 3e10;

/** onnxruntime's own MatMul alone: the speed that a step is measured against. */
export class Peak {
  readonly #threads: number;
  readonly #ready: Promise<readonly Product[]>;

  constructor(threads: number) {
    this.#threads = threads;
    this.#ready = this.#products();
  }

  /** Milliseconds of each run, for each shape. */
  async run(now: () => number): Promise<readonly (readonly number[])[]> {
    const rounds: number[][] = [];
    for (const { session, feeds, flops } of await this.#ready) {
      const ms: number[] = [];
      for (let done = 0; done < FLOPS_A_ROUND; done += flops) {
        const started = now();
        await session.run(feeds);
        ms.push(now() - started);
      }
      rounds.push(ms);
    }
    return rounds;
  }

  async close(): Promise<void> {
    for (const { session } of await this.#ready) await session.release();
  }

  async #products(): Promise<readonly Product[]> {
    const products: Product[] = [];
    for (const [m, k, n] of PEAK_SHAPES) {
      const g = new Graph();
      const a = g.input('a', 'float32', [m, k]);
      const b = g.input('b', 'float32', [k, n]);
      const product = g.apply('MatMul', [a, b], 'float32', [m, n]);
      // One number leaves: copying the product out is no part of making it.
      g.output('largest', g.apply('ReduceMax', [product], 'float32', [], { keepdims: { int: 0 } }));
      const session = await ort.InferenceSession.create(g.toModel(), {
        intraOpNumThreads: this.#threads,
        interOpNumThreads: 1,
      });
      const feeds = {
        a: new ort.Tensor('float32', new Float32Array(m * k).fill(0.1), [m, k]),
        b: new ort.Tensor('float32', new Float32Array(k * n).fill(0.1), [k, n]),
      };
      await session.run(feeds);
      products.push({ session, feeds, flops: 2 * m * k * n });
    }
    return products;
  }
}

interface Product {
  readonly session: ort.InferenceSession;
  readonly feeds: Record<string, ort.Tensor>;
  readonly flops: number;
}
