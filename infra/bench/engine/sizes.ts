import { matmulFlops } from '../../../engine/graph/flops.js';
import { parameters, sequenceLength, type PolicySpec } from '../../../engine/policy/spec.js';
import { supervisedGraph } from '../../../engine/policy/training-graphs.js';
import { profiled } from './ours-profile.js';

/** What a token of a training batch costs, forward and backward, at one size and length. */
export interface Size {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly parameters: number;
  readonly looks: number;
  /** Tokens of a sequence. */
  readonly length: number;
  readonly batch: number;
  readonly usPerToken: number;
  readonly gflops: number;
  /** Of the kernels' time: attention's two products and its softmax, forward and backward. */
  readonly attentionTimeShare: number;
  /** Of the matrix products' floating-point operations. */
  readonly attentionFlopShare: number;
  /**
   * Length at which attention's operations would be as many as all others': computed, not measured. A token's share of
   * attention grows with the length, the rest of it does not.
   */
  readonly attentionDominatesFrom: number;
}

export interface SizeRequest {
  readonly spec: PolicySpec;
  readonly batch: number;
  readonly looks: number;
  readonly runs: number;
}

const ONE_LOOK = { batch: 16, looks: 1 } as const;
const MINI = { width: 128, layers: 4, heads: 4, maxLooks: 3 } as const;

/** Parameters from half a million to a hundred million at one length, then every length that the small policy has. */
export const SIZES: readonly SizeRequest[] = [
  { spec: { ...MINI, width: 64 }, ...ONE_LOOK, runs: 8 },
  { spec: MINI, ...ONE_LOOK, runs: 8 },
  { spec: { ...MINI, width: 256, layers: 6 }, ...ONE_LOOK, runs: 5 },
  { spec: { ...MINI, width: 512, layers: 8, heads: 8 }, ...ONE_LOOK, runs: 3 },
  { spec: { ...MINI, width: 768, layers: 12, heads: 12 }, ...ONE_LOOK, runs: 2 },
  ...[0, 1, 2, 3].map((looks) => ({ spec: MINI, batch: 64, looks, runs: 5 })),
];

export async function measureSize({ spec, batch, looks, runs }: SizeRequest, threads: number): Promise<Size> {
  const graph = supervisedGraph(spec, { batch, looks }, { auxiliary: true, glance: true });
  const flops = matmulFlops(graph);
  const { runMs, operators } = await profiled(graph, null, { threads, runs });
  const length = sequenceLength(looks);
  const { width, layers, heads } = spec;
  return {
    width,
    layers,
    heads,
    parameters: parameters(spec).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    looks,
    length,
    batch,
    usPerToken: (1000 * runMs) / (batch * length),
    gflops: flops.all / runMs / 1e6,
    attentionTimeShare: operators
      .filter(({ operator }) => operator === 'Softmax' || operator.endsWith('(attention)'))
      .reduce((sum, { share }) => sum + share, 0),
    attentionFlopShare: flops.attention / flops.all,
    attentionDominatesFrom: Math.round((length * flops.linear) / flops.attention),
  };
}
