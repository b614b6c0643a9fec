import type { Graph, Value } from '../graph/graph.js';
import { parameters, type PolicySpec } from './spec.js';

/** The policy's parameters as values of a graph, by name. */
export type Parameters = ReadonlyMap<string, Value>;

/** Every parameter as an input of the graph. */
export function parameterInputs(g: Graph, spec: PolicySpec): Parameters {
  return new Map(parameters(spec).map(({ name, shape }) => [name, g.input(name, 'float32', shape)]));
}

export function param(p: Parameters, name: string): Value {
  const value = p.get(name);
  if (!value) throw new Error(`the policy has no parameter named ${name}`);
  return value;
}

/** Width D of the policy. */
export function dOf(p: Parameters): number {
  return param(p, 'embed.tokens').shape[1]!;
}
