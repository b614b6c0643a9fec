import { sizeOf, type Graph, type Operation } from './graph.js';

/** Floating-point operations of the matrix products in one run of a graph; a multiplication and its addition are two. */
export interface MatmulFlops {
  readonly all: number;
  /** Of rows with one matrix for all of them: the linear layers, forward and backward. */
  readonly linear: number;
  /** Of one matrix with another for each sequence and head: grows with the square of a sequence's length. */
  readonly attention: number;
}

/** With each, which input holds the dimension that is summed over, and the attribute that says whether it is transposed. */
const PRODUCTS: Readonly<Record<string, string | null>> = {
  MatMul: null,
  Gemm: 'transA',
  FusedMatMul: 'transA',
};

/** Products by another name: a count that passed over them would be wrong in silence. */
const UNCOUNTED = /^(Conv|Einsum|.*Attention|FusedGemm|MatMul.+|QLinear.*|.*LSTM|.*GRU)$/;

/** 2·M·N·K over all matrix products that the model holds. Throws a RangeError that names a product it cannot count. */
export function matmulFlops(graph: Graph): MatmulFlops {
  const sums = { linear: 0, attention: 0 };
  for (const operation of graph.operations) {
    if (UNCOUNTED.test(operation.op))
      throw new RangeError(`matmulFlops: expected ${Object.keys(PRODUCTS).join(', ')}; got ${operation.op}`);
    if (operation.op in PRODUCTS)
      sums[productKind(operation.inputs.map(({ shape }) => shape))] += flopsOf(operation);
  }
  return { all: sums.linear + sums.attention, ...sums };
}

/** A product of two stacks of matrices is attention's; a linear layer has its weights on one side. */
export function productKind(inputs: readonly (readonly number[])[]): 'linear' | 'attention' {
  return (inputs[0]?.length ?? 0) > 2 && (inputs[1]?.length ?? 0) > 2 ? 'attention' : 'linear';
}

/** Every number of the result is a sum over K products. */
function flopsOf({ op, inputs, outputs, attributes }: Operation): number {
  const flag = PRODUCTS[op];
  const transposed = flag != null ? attributes[flag] : undefined;
  const summed = transposed && 'int' in transposed && transposed.int === 1 ? -2 : -1;
  const k = inputs[0]?.shape.at(summed) ?? 1;
  return 2 * sizeOf(outputs[0]?.shape ?? []) * k;
}
