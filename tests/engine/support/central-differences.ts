import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { stream } from '../../../domain/seeds.js';
import { gradients } from '../../../engine/graph/gradients.js';
import { Graph, sizeOf, type Shape, type Value } from '../../../engine/graph/graph.js';
import * as ops from '../../../engine/graph/ops.js';

/** Builds a value from float inputs of given shapes; the loss is its sum weighted by fixed random numbers. */
export type Build = (g: Graph, inputs: readonly Value[]) => Value;

const STEP = 1e-2;

/** Every number of every input's gradient against (f(x + h) − f(x − h)) / 2h, at random inputs of a range. */
export async function expectCentralDifferences(
  name: string,
  shapes: readonly Shape[],
  build: Build,
  range: readonly [number, number] = [-1, 1],
): Promise<void> {
  const random = stream('gradients', name);
  const draw = (shape: Shape): Float32Array =>
    Float32Array.from({ length: sizeOf(shape) }, () => range[0] + (range[1] - range[0]) * random.float());
  const data = shapes.map(draw);
  const { session, weights } = await compile(shapes, build, random.floats(4096));
  const run = (values: readonly Float32Array[]): Promise<ort.InferenceSession.OnnxValueMapType> =>
    session.run(
      Object.fromEntries(values.map((v, i) => [`x${i}`, new ort.Tensor('float32', v, shapes[i] ?? [])])),
    );
  try {
    const at = await run(data);
    for (const [i, values] of data.entries()) {
      const grad = at[`g${i}`]!.data as Float32Array;
      expect(grad.length).toBe(values.length);
      for (let k = 0; k < values.length; k++) {
        const moved = async (by: number): Promise<number> => {
          const copy = data.map((v) => v.slice());
          copy[i]![k]! += by;
          // The weighted sum in double precision: float32 sums would drown the difference.
          const y = (await run(copy))['y']!.data as Float32Array;
          return y.reduce((sum, v, j) => sum + v * weights[j]!, 0);
        };
        const numeric = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
        expect(grad[k]!).toBeCloseTo(numeric, 2);
      }
    }
  } finally {
    await session.release();
  }
}

async function compile(
  shapes: readonly Shape[],
  build: Build,
  draws: Float32Array,
): Promise<{ session: ort.InferenceSession; weights: Float32Array }> {
  const g = new Graph();
  // Inputs that nothing needs are not asked for: here each is needed, so that each can be fed.
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, 'float32', shape));
  const y = build(g, inputs);
  const weights = draws.slice(0, sizeOf(y.shape));
  const loss = ops.sumAll(g, ops.mul(g, y, g.floats(weights, y.shape)));
  gradients(g, loss, inputs).forEach((grad, i) => {
    g.output(`g${i}`, grad!);
  });
  g.output('y', y);
  return {
    session: await ort.InferenceSession.create(g.toModel(), { graphOptimizationLevel: 'basic' }),
    weights,
  };
}
