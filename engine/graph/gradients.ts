import { add } from './ops.js';
import type { Graph, Value } from './graph.js';

/**
 * Reverse-mode differentiation: appends to the graph the gradients of `loss` (a scalar) with respect to
 * each of `wrt`; `null` for a value that the loss does not depend on. Values made by operators without a
 * gradient (casts, comparisons) end the walk.
 */
export function gradients(g: Graph, loss: Value, wrt: readonly Value[]): readonly (Value | null)[] {
  if (loss.shape.length !== 0)
    throw new RangeError(`gradients: the loss must be a scalar, got [${loss.shape.join(', ')}]`);
  const needed = reachableFrom(g, wrt);
  const grads = new Map<string, Value>([[loss.name, g.scalar(1)]]);
  const forward = [...g.tape];
  for (const entry of forward.reverse()) {
    const dy = grads.get(entry.output.name);
    if (!dy || !entry.inputs.some((input) => needed.has(input.name))) continue;
    const parts = entry.vjp(dy);
    entry.inputs.forEach((input, i) => {
      const part = parts[i];
      if (!part || !needed.has(input.name)) return;
      const sofar = grads.get(input.name);
      grads.set(input.name, sofar ? add(g, sofar, part) : part);
    });
  }
  return wrt.map((value) => grads.get(value.name) ?? null);
}

/** Names of all values that depend on one of `wrt`, themselves included. */
function reachableFrom(g: Graph, wrt: readonly Value[]): ReadonlySet<string> {
  const reached = new Set(wrt.map((v) => v.name));
  for (const { inputs, output } of g.tape)
    if (inputs.some((v) => reached.has(v.name))) reached.add(output.name);
  return reached;
}
