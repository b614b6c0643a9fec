import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../domain/seeds.js';
import { Graph } from '../../engine/graph/graph.js';
import { argMax, draw } from '../../engine/policy/draw.js';
import { Sessions } from '../../engine/sessions.js';

const ROWS = 64;
const CLASSES = 9;
const sessions = new Sessions({ threads: 1 });
afterAll(() => sessions.close());

const random = stream('draw');
const logits = Float32Array.from({ length: ROWS * CLASSES }, () => 2 * random.normal());
const uniforms = Float32Array.from(random.floats(ROWS));

async function drawn(temperature: number, topP: number | null): Promise<Int32Array> {
  const build = (): Graph => {
    const g = new Graph();
    const rows = g.input('logits', 'float32', [ROWS, CLASSES]);
    const u = g.input('uniforms', 'float32', [ROWS, 1]);
    g.output(
      'ids',
      draw(g, rows, u, {
        temperature: g.scalar(temperature),
        topP: topP === null ? null : g.scalar(topP),
      }),
    );
    return g;
  };
  const out = await sessions.run(`${temperature}/${topP}`, build, {
    logits: new ort.Tensor('float32', logits, [ROWS, CLASSES]),
    uniforms: new ort.Tensor('float32', uniforms, [ROWS, 1]),
  });
  return out['ids']!.data as Int32Array;
}

/** Probabilities of a row at a temperature, in double precision. */
function probabilities(row: number, temperature: number): readonly number[] {
  const own = [...logits.subarray(row * CLASSES, (row + 1) * CLASSES)].map((x) => Math.exp(x / temperature));
  const sum = own.reduce((a, b) => a + b);
  return own.map((p) => p / sum);
}

/** The fewest classes, the most probable first, that hold at least `topP`. */
function nucleus(p: readonly number[], topP: number): ReadonlySet<number> {
  const order = p.map((_, i) => i).sort((a, b) => p[b]! - p[a]!);
  const chosen = new Set<number>();
  for (let sum = 0; sum < topP && chosen.size < p.length;) {
    const next = order[chosen.size]!;
    chosen.add(next);
    sum += p[next]!;
  }
  return chosen;
}

/** The class where the cumulated probabilities of those chosen pass u times their sum. */
function byHand(p: readonly number[], chosen: ReadonlySet<number>, u: number): number {
  const kept = p.map((x, i) => (chosen.has(i) ? x : 0));
  const total = kept.reduce((a, b) => a + b);
  let sum = 0;
  return kept.findIndex((x) => (sum += x) > u * total);
}

describe('a token', () => {
  it.each([0.5, 1, 1.7])(
    'is drawn at temperature %d where the cumulated distribution passes u',
    async (t) => {
      const ids = await drawn(t, null);
      const all = new Set(Array(CLASSES).keys());
      for (let row = 0; row < ROWS; row++)
        expect(ids[row]).toBe(byHand(probabilities(row, t), all, uniforms[row]!));
    },
  );

  it.each([
    [0.9, 1],
    [0.5, 1],
    [0.7, 0.6],
    [0.01, 1],
  ])('of the nucleus of %d is drawn from it alone, at temperature %d', async (topP, t) => {
    const ids = await drawn(t, topP);
    let smaller = 0;
    for (let row = 0; row < ROWS; row++) {
      const p = probabilities(row, t);
      const chosen = nucleus(p, topP);
      expect(ids[row]).toBe(byHand(p, chosen, uniforms[row]!));
      if (chosen.size < CLASSES) smaller++;
    }
    expect(smaller).toBe(ROWS);
  });

  it('is the most probable when greedy, the first of equals', async () => {
    const g = (): Graph => {
      const graph = new Graph();
      graph.output('ids', argMax(graph, graph.input('logits', 'float32', [3, 4])));
      return graph;
    };
    const rows = Float32Array.of(0, 3, 1, 3, -1, -2, -3, -0.5, 2, 2, 2, 2);
    const out = await sessions.run('argMax', g, { logits: new ort.Tensor('float32', rows, [3, 4]) });
    expect([...(out['ids']!.data as Int32Array)]).toEqual([1, 3, 0]);
  });

  it('with probability 0 is never drawn, even where u is the last number below 1', async () => {
    const g = (): Graph => {
      const graph = new Graph();
      const rows = graph.input('logits', 'float32', [1, 4]);
      const u = graph.input('uniforms', 'float32', [1, 1]);
      graph.output('ids', draw(graph, rows, u, { temperature: graph.scalar(1), topP: null }));
      return graph;
    };
    const out = await sessions.run('impossible', g, {
      logits: new ort.Tensor('float32', Float32Array.of(0, 1, -1e9, -1e9), [1, 4]),
      uniforms: new ort.Tensor('float32', Float32Array.of(1 - 2 ** -24), [1, 1]),
    });
    expect((out['ids']!.data as Int32Array)[0]).toBe(1);
  });
});
