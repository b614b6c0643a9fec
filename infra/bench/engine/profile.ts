import { productKind } from '../../../engine/graph/flops.js';

/** Time in the kernels of one operator, a run. */
export interface OperatorTime {
  /** As onnxruntime names it; products of two stacks of matrices stand apart as `… (attention)`. */
  readonly operator: string;
  readonly ms: number;
  /** Of all kernels. */
  readonly share: number;
  readonly calls: number;
}

/** A graph's run by onnxruntime's profiler, means over the runs that count. */
export interface Profile {
  /** From a run's begin to its end. */
  readonly runMs: number;
  /** Slowest first. */
  readonly operators: readonly OperatorTime[];
}

interface Event {
  readonly cat?: string;
  readonly name?: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

const PRODUCTS = /MatMul|Gemm/;

/**
 * Reads a profile that onnxruntime wrote (a JSON list of Chrome trace events) and sums its kernels by operator.
 *
 * @param warmUp runs at its beginning that do not count
 */
export function readProfile(json: string, warmUp: number): Profile {
  const events = JSON.parse(json) as readonly Event[];
  const all = events.filter(({ name }) => name === 'model_run').sort((a, b) => startUs(a) - startUs(b));
  const runs = all.slice(warmUp);
  if (runs.length === 0)
    throw new RangeError(`expected a profile of more than ${warmUp} runs, got ${all.length}`);
  const sums = new Map<string, { us: number; calls: number }>();
  for (const event of events) {
    const operator = operatorOf(event);
    if (operator === null || startUs(event) < startUs(runs[0]!)) continue;
    const sum = sums.get(operator) ?? { us: 0, calls: 0 };
    sums.set(operator, { us: sum.us + (event.dur ?? 0), calls: sum.calls + 1 });
  }
  const times = [...sums].map(([operator, { us, calls }]) => ({
    operator,
    ms: us / 1000 / runs.length,
    calls: calls / runs.length,
  }));
  return {
    runMs: runs.reduce((sum, { dur = 0 }) => sum + dur, 0) / 1000 / runs.length,
    operators: withShares(times),
  };
}

/** Kernels of several graphs that make up one step, as one. */
export function together(profiles: readonly Profile[]): Profile {
  const sums = new Map<string, Omit<OperatorTime, 'share'>>();
  for (const { operator, ms, calls } of profiles.flatMap(({ operators }) => operators)) {
    const sum = sums.get(operator) ?? { operator, ms: 0, calls: 0 };
    sums.set(operator, { operator, ms: sum.ms + ms, calls: sum.calls + calls });
  }
  return {
    runMs: profiles.reduce((sum, { runMs }) => sum + runMs, 0),
    operators: withShares([...sums.values()]),
  };
}

function withShares(times: readonly Omit<OperatorTime, 'share'>[]): readonly OperatorTime[] {
  const all = times.reduce((sum, { ms }) => sum + ms, 0);
  return times.map((time) => ({ ...time, share: time.ms / all })).sort((a, b) => b.ms - a.ms);
}

function startUs({ ts = 0 }: Event): number {
  return ts;
}

function operatorOf({ cat, name, args }: Event): string | null {
  if (cat !== 'Node' || !name?.endsWith('_kernel_time') || args?.op_name === undefined) return null;
  const shapes = (args.input_type_shape ?? []).map((input) => Object.values(input)[0] ?? []);
  const attention = PRODUCTS.test(args.op_name) && productKind(shapes) === 'attention';
  return attention ? `${args.op_name} (attention)` : args.op_name;
}
