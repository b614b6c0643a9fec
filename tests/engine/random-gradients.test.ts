import { describe, it } from 'vitest';
import { stream, type RandomStream } from '../../domain/seeds.js';
import type { Graph, Shape, Value } from '../../engine/graph/graph.js';
import { affine, linear, squaredReluLinear } from '../../engine/graph/linear.js';
import * as ops from '../../engine/graph/ops.js';
import { expectCentralDifferences, type Build } from './support/central-differences.js';

interface Drawn {
  readonly shapes: readonly Shape[];
  readonly build: Build;
  readonly range?: readonly [number, number];
}

const DRAWS = 6;

/** From 0 to `most`, an edge of length 0 one time in eight. */
function length(random: RandomStream, most = 4): number {
  return random.int(0, 8) === 0 ? 0 : random.int(1, most + 1);
}

function shapeOf(random: RandomStream, rank: number): Shape {
  return Array.from({ length: rank }, () => length(random));
}

/** The shape with some of its edges 1, or without its first: it broadcasts back. */
function narrowed(random: RandomStream, shape: Shape): Shape {
  const ones = shape.map((d) => (random.int(0, 3) === 0 ? 1 : d));
  return ones.slice(random.int(0, ones.length + 1));
}

/** An operator of two values that broadcast to each other; one of them, now and then, is the other. */
function pairwise(
  op: (g: Graph, a: Value, b: Value) => Value,
  range?: readonly [number, number],
): (random: RandomStream) => Drawn {
  return (random) => {
    const shape = shapeOf(random, random.int(1, 4));
    const more = range ? { range } : {};
    if (random.int(0, 4) === 0) return { shapes: [shape], build: (g, [a]) => op(g, a!, a!), ...more };
    const other = narrowed(random, shape);
    const swap = random.int(0, 2) === 0;
    return {
      shapes: swap ? [other, shape] : [shape, other],
      build: (g, [a, b]) => op(g, a!, b!),
      ...more,
    };
  };
}

function alone(
  op: (g: Graph, x: Value) => Value,
  range?: readonly [number, number],
): (random: RandomStream) => Drawn {
  return (random) => ({
    shapes: [shapeOf(random, random.int(1, 5))],
    build: (g, [x]) => op(g, x!),
    ...(range ? { range } : {}),
  });
}

const OPERATORS: Readonly<Record<string, (random: RandomStream) => Drawn>> = {
  add: pairwise(ops.add),
  sub: pairwise(ops.sub),
  mul: pairwise(ops.mul),
  div: pairwise(ops.div, [0.5, 2]),
  neg: alone(ops.neg),
  exp: alone(ops.exp),
  log: alone(ops.log, [0.5, 2]),
  sqrt: alone(ops.sqrt, [0.5, 2]),
  squaredRelu: alone(ops.squaredRelu),
  softmax: alone(ops.softmax),
  logSoftmax: alone(ops.logSoftmax),
  sumLast: alone(ops.sumLast),
  sumAll: alone(ops.sumAll),
  'a value used three times': alone((g, x) => ops.add(g, ops.mul(g, x, x), ops.exp(g, x))),
  linear: (random) => {
    const [m, k, n] = [length(random), length(random), length(random)];
    return {
      shapes: [
        [m, k],
        [k, n],
      ],
      build: (g, [x, w]) => linear(g, x!, w!),
    };
  },
  affine: (random) => {
    const [m, k, n] = [length(random), random.int(1, 5), random.int(1, 5)];
    return { shapes: [[m, k], [k, n], [n]], build: (g, [x, w, b]) => affine(g, x!, w!, b!) };
  },
  squaredReluLinear: (random) => {
    const [m, k, n] = [length(random), length(random), length(random)];
    return {
      shapes: [
        [m, k],
        [k, n],
      ],
      build: (g, [x, w]) => squaredReluLinear(g, x!, w!),
    };
  },
  batchMatMul: (random) => {
    const lead = shapeOf(random, random.int(1, 3));
    const [m, k, n] = [random.int(1, 4), random.int(1, 4), random.int(1, 4)];
    const [transA, transB] = [random.int(0, 2) === 1, random.int(0, 2) === 1];
    return {
      shapes: [
        [...lead, ...(transA ? [k, m] : [m, k])],
        [...lead, ...(transB ? [n, k] : [k, n])],
      ],
      build: (g, [a, b]) => ops.batchMatMul(g, a!, b!, { transA, transB, alpha: 0.5 }),
    };
  },
  transpose: (random) => {
    const shape = shapeOf(random, random.int(1, 5));
    const perm = random.shuffle([...shape.keys()]);
    return { shapes: [shape], build: (g, [x]) => ops.transpose(g, x!, perm) };
  },
  swapMiddle: (random) => ({ shapes: [shapeOf(random, 4)], build: (g, [x]) => ops.swapMiddle(g, x!) }),
  'concat of a value with itself and another': (random) => {
    const shape = shapeOf(random, random.int(1, 4));
    const axis = random.int(0, shape.length);
    const other = shape.map((d, i) => (i === axis ? length(random) : d));
    return { shapes: [shape, other], build: (g, [a, b]) => ops.concat(g, [a!, b!, a!], axis) };
  },
  slice: (random) => {
    const shape = shapeOf(random, random.int(1, 4));
    const axis = random.int(0, shape.length);
    const start = random.int(0, shape[axis]! + 1);
    const end = random.int(start, shape[axis]! + 1);
    return { shapes: [shape], build: (g, [x]) => ops.slice(g, x!, axis, start, end) };
  },
  expand: (random) => {
    const shape = shapeOf(random, random.int(1, 4));
    return { shapes: [narrowed(random, shape)], build: (g, [x]) => ops.expand(g, x!, shape) };
  },
};

describe('gradients on random shapes, with broadcasting and edges of length 0, agree with central differences', () => {
  it.each(Object.keys(OPERATORS))('of %s', async (name) => {
    for (let i = 0; i < DRAWS; i++) {
      const { shapes, build, range } = OPERATORS[name]!(stream('random-gradients', name, i));
      await expectCentralDifferences(`${name}/${i}`, shapes, build, range);
    }
  });
});
