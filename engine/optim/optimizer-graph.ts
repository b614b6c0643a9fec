import { Graph, type Value } from '../graph/graph.js';
import { gemm, transpose } from '../graph/ops.js';
import { parameters, type ParameterSpec, type PolicySpec } from '../policy/spec.js';

/** Newton–Schulz coefficients and momentum of Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/). */
const NEWTON_SCHULZ = { a: 3.4445, b: -4.775, c: 2.0315, iterations: 5 } as const;
const MUON_MOMENTUM = 0.95;
const EPS = 1e-8;

export interface OptimizerGraphConfig {
  readonly type: 'adamw' | 'muon';
  readonly beta1: number;
  readonly beta2: number;
  readonly weightDecay: number;
  /** 0 switches clipping off. */
  readonly clipNorm: number;
}

/** Whether Muon trains this parameter (then `second` is unused and absent). */
export function byMuon(config: { readonly type: 'adamw' | 'muon' }, p: ParameterSpec): boolean {
  return config.type === 'muon' && p.matrix;
}

/**
 * One optimizer step for all parameters. Inputs `<name>`, `grad/<name>`, `first/<name>`, `second/<name>`, and the
 * scalars `lr`, `muonLr`, `correction1` = 1 − β₁ᵗ, `correction2` = 1 − β₂ᵗ; outputs the same names with `+`,
 * and two norms over everything, which are finite only if every number is: `gradNorm` of the gradients as they came,
 * `weightNorm` of the new weights.
 *
 * AdamW (Loshchilov & Hutter 2019): w ← w − lr·(m̂/(√v̂ + ε) + decay·w). Muon: Nesterov momentum, then its nearest
 * semi-orthogonal matrix by five Newton–Schulz steps, times √max(1, rows/cols).
 */
export function optimizerGraph(spec: PolicySpec, config: OptimizerGraphConfig): Graph {
  const g = new Graph();
  const scalar = (name: string): Value => g.input(name, 'float32', []);
  const [lr, muonLr, correction1, correction2] = ['lr', 'muonLr', 'correction1', 'correction2'].map(
    scalar,
  ) as [Value, Value, Value, Value];
  const all = parameters(spec);
  const grads = all.map((p) => g.input(`grad/${p.name}`, 'float32', p.shape));
  const norm = globalNorm(g, grads);
  g.output('gradNorm', norm);
  const limit = config.clipNorm > 0 ? clipFactor(g, norm, config.clipNorm) : null;
  const weights: Value[] = [];
  const leave = (p: ParameterSpec, weight: Value): void => {
    g.output(`${p.name}+`, weight);
    weights.push(weight);
  };
  all.forEach((p, i) => {
    const weight = g.input(p.name, 'float32', p.shape);
    const first = g.input(`first/${p.name}`, 'float32', p.shape);
    const grad = limit ? el(g, 'Mul', grads[i]!, limit) : grads[i]!;
    if (byMuon(config, p)) {
      const momentum = el(g, 'Add', times(g, first, MUON_MOMENTUM), grad);
      const nesterov = el(g, 'Add', grad, times(g, momentum, MUON_MOMENTUM));
      const [rows, cols] = p.shape as [number, number];
      const step = times(g, orthogonal(g, nesterov), Math.sqrt(Math.max(1, rows / cols)));
      leave(p, decayed(g, weight, step, muonLr, config.weightDecay));
      g.output(`first/${p.name}+`, momentum);
      return;
    }
    const second = g.input(`second/${p.name}`, 'float32', p.shape);
    const m = el(g, 'Add', times(g, first, config.beta1), times(g, grad, 1 - config.beta1));
    const v = el(
      g,
      'Add',
      times(g, second, config.beta2),
      times(g, el(g, 'Mul', grad, grad), 1 - config.beta2),
    );
    const root = g.apply('Sqrt', [el(g, 'Div', v, correction2)], 'float32', p.shape);
    const step = el(g, 'Div', el(g, 'Div', m, correction1), el(g, 'Add', root, g.scalar(EPS)));
    const decay = p.shape.length > 1 && !p.name.startsWith('embed.') ? config.weightDecay : 0;
    leave(p, decayed(g, weight, step, lr, decay));
    g.output(`first/${p.name}+`, m);
    g.output(`second/${p.name}+`, v);
  });
  g.output('weightNorm', globalNorm(g, weights));
  return g;
}

/** w − lr·(step + decay·w) */
function decayed(g: Graph, weight: Value, step: Value, lr: Value, decay: number): Value {
  const whole = decay > 0 ? el(g, 'Add', step, times(g, weight, decay)) : step;
  return el(g, 'Sub', weight, el(g, 'Mul', whole, lr));
}

function orthogonal(g: Graph, x: Value): Value {
  const [rows, cols] = x.shape as [number, number];
  const tall = rows > cols;
  const wide = tall ? transpose(g, x, [1, 0]) : x;
  const norm = g.apply('Sqrt', [sumOfSquares(g, wide)], 'float32', []);
  let y = el(g, 'Div', wide, el(g, 'Add', norm, g.scalar(1e-7)));
  const { a, b, c, iterations } = NEWTON_SCHULZ;
  for (let i = 0; i < iterations; i++) {
    const gram = gemm(g, y, y, false, true);
    const poly = el(g, 'Add', times(g, gram, b), times(g, gemm(g, gram, gram, false, false), c));
    y = el(g, 'Add', times(g, y, a), gemm(g, poly, y, false, false));
  }
  return tall ? transpose(g, y, [1, 0]) : y;
}

function globalNorm(g: Graph, tensors: readonly Value[]): Value {
  const squares = tensors.map((x) => sumOfSquares(g, x));
  const total = squares.reduce((sum, x) => el(g, 'Add', sum, x));
  return g.apply('Sqrt', [total], 'float32', []);
}

/** min(1, limit/norm) */
function clipFactor(g: Graph, norm: Value, limit: number): Value {
  const ratio = el(g, 'Div', g.scalar(limit), el(g, 'Add', norm, g.scalar(1e-6)));
  return g.apply('Min', [ratio, g.scalar(1)], 'float32', []);
}

function sumOfSquares(g: Graph, x: Value): Value {
  return g.apply('ReduceSumSquare', [x], 'float32', [], { keepdims: { int: 0 } });
}

/** Elementwise; the optimizer is not differentiated, so it stays off the tape. */
function el(g: Graph, op: 'Add' | 'Sub' | 'Mul' | 'Div', a: Value, b: Value): Value {
  return g.apply(op, [a, b], 'float32', a.shape.length >= b.shape.length ? a.shape : b.shape);
}

function times(g: Graph, x: Value, by: number): Value {
  return el(g, 'Mul', x, g.scalar(by));
}
