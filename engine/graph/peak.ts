import { sizeOf, type Graph, type Value } from './graph.js';

/**
 * Bytes that a run of a graph holds at its fullest: outputs and what lies between, each from its making to its last use.
 * Inputs are the caller's. Buffers that a kernel writes over its input are counted twice for that one node.
 */
export function peakBytes(graph: Graph): number {
  const { operations, kept } = graph;
  const made = new Set<string>();
  const lastUse = new Map<string, number>();
  operations.forEach(({ inputs }, at) => inputs.forEach(({ name }) => lastUse.set(name, at)));
  let [held, peak] = [0, 0];
  operations.forEach(({ inputs, outputs }, at) => {
    for (const value of outputs) {
      made.add(value.name);
      held += bytesOf(value);
    }
    peak = Math.max(peak, held);
    const ended = new Map([...inputs, ...outputs].map((value) => [value.name, value]));
    for (const [name, value] of ended)
      if (made.has(name) && !kept.has(name) && (lastUse.get(name) ?? at) === at) held -= bytesOf(value);
  });
  return peak;
}

const BYTES = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1 } as const;

function bytesOf({ dtype, shape }: Value): number {
  return BYTES[dtype] * sizeOf(shape);
}
