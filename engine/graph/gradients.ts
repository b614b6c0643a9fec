import { add } from './ops.js';
import type { Graph, Value } from './graph.js';

/**
 * Reverse-mode differentiation: appends to the graph the gradients of `loss` (a scalar) with respect to
 * each of `wrt`; `null` for a value that the loss does not depend on. Throws a RangeError that names the operator where
 * the loss depends on one of `wrt` through an operator without a gradient: its part would be missing in silence.
 */
export function gradients(g: Graph, loss: Value, wrt: readonly Value[]): readonly (Value | null)[] {
  if (loss.shape.length !== 0)
    throw new RangeError(`gradients: the loss must be a scalar, got [${loss.shape.join(', ')}]`);
  const needed = reachableFrom(g, wrt);
  const computed = g.computedFrom(wrt);
  const refuseLost = (value: Value): void => {
    if (needed.has(value.name) || !computed.has(value.name)) return;
    throw new RangeError(
      `gradients: the loss depends on a parameter through ${g.operatorOf(value) ?? value.name}, which has no gradient`,
    );
  };
  refuseLost(loss);
  const grads = new Map<string, Value>([[loss.name, g.scalar(1)]]);
  const forward = [...g.tape];
  for (const entry of forward.reverse()) {
    const dy = grads.get(entry.output.name);
    if (!dy || !entry.inputs.some((input) => needed.has(input.name))) continue;
    entry.inputs.forEach(refuseLost);
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
