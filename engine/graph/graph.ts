import { ATTRIBUTE_TYPE, ELEMENT_TYPE, ModelProto, type DataType } from '../onnx/schema.js';

export type Shape = readonly number[];

/** A value in a graph: its shape is known when the graph is built, so mistakes surface there. */
export interface Value {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
}

export type Attribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

/** The gradients of a scalar with respect to an operator's inputs, given that with respect to its output. */
export type Vjp = (dy: Value) => readonly (Value | null)[];

/** One differentiable application: gradients walk these backwards. */
interface TapeEntry {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly vjp: Vjp;
}

interface Node {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An operator as the executor will meet it, for those who count. */
export interface Operation {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Initializer {
  readonly value: Value;
  readonly bytes: Uint8Array;
}

/** 24 has TensorScatter, which writes into a cache in place. */
const OPSET = 24;
const IR_VERSION = 10;

/** Builds one ONNX graph with static shapes. Operators live in `ops.ts`. */
export class Graph {
  readonly tape: TapeEntry[] = [];
  readonly #nodes: Node[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #initializers: Initializer[] = [];
  /** What computed values are called as outputs. */
  readonly #outputNames = new Map<string, string>();
  readonly #constants = new Map<string, Value>();
  readonly #values = new Map<string, Value>();
  #count = 0;

  input(name: string, dtype: DataType, shape: Shape): Value {
    const value = { name, dtype, shape };
    this.#inputs.push(value);
    this.#values.set(name, value);
    return value;
  }

  /** Names a value as an output; the graph keeps the order of the calls. */
  output(name: string, value: Value): void {
    this.#outputs.push({ ...value, name });
    const made = this.#nodes.some(({ outputs }) => outputs.includes(value.name));
    // A copy only where it must be: of an input, of a constant, or under a second name.
    if (made && !this.#outputNames.has(value.name)) this.#outputNames.set(value.name, name);
    else {
      this.#nodes.push(identity(value.name, name));
      this.#values.set(name, { ...value, name });
    }
  }

  floats(data: readonly number[] | Float32Array, shape: Shape): Value {
    return this.#constant('float32', Float32Array.from(data), shape);
  }

  scalar(x: number): Value {
    return this.floats([x], []);
  }

  int64s(data: readonly number[], shape: Shape = [data.length]): Value {
    return this.#constant('int64', BigInt64Array.from(data.map(BigInt)), shape);
  }

  int32s(data: readonly number[], shape: Shape = [data.length]): Value {
    return this.#constant('int32', Int32Array.from(data), shape);
  }

  /** Applies an operator with one output. */
  apply(
    op: string,
    inputs: readonly Value[],
    dtype: DataType,
    shape: Shape,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    return this.applyMany(op, inputs, [{ dtype, shape }], attributes, domain)[0]!;
  }

  applyMany(
    op: string,
    inputs: readonly Value[],
    outputs: readonly { readonly dtype: DataType; readonly shape: Shape }[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): readonly Value[] {
    const values = outputs.map(({ dtype, shape }) => ({ name: `v${this.#count++}`, dtype, shape }));
    for (const value of values) this.#values.set(value.name, value);
    this.#nodes.push({
      op,
      domain,
      inputs: inputs.map((v) => v.name),
      outputs: values.map((v) => v.name),
      attributes,
    });
    return values;
  }

  record(inputs: readonly Value[], output: Value, vjp: Vjp): Value {
    this.tape.push({ inputs, output, vjp });
    return output;
  }

  /** The operator that makes a value; null for inputs and constants. */
  operatorOf({ name }: Value): string | null {
    return this.#nodes.find(({ outputs }) => outputs.includes(name))?.op ?? null;
  }

  /** Names of all values that are computed from one of `values`, themselves included, differentiably or not. */
  computedFrom(values: readonly Value[]): ReadonlySet<string> {
    const reached = new Set(values.map(({ name }) => name));
    for (const { inputs, outputs } of this.#nodes)
      if (inputs.some((name) => reached.has(name))) outputs.forEach((name) => reached.add(name));
    return reached;
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  get outputNames(): readonly string[] {
    return this.#outputs.map((v) => v.name);
  }

  /** Names of the values that leave as outputs. */
  get kept(): ReadonlySet<string> {
    return new Set([...this.#outputs.map(({ name }) => name), ...this.#outputNames.keys()]);
  }

  /** What the model will hold, in order: operators that no output needs are left out. */
  get operations(): readonly Operation[] {
    const values = (names: readonly string[]): Value[] => names.map((name) => this.#values.get(name)!);
    return this.#liveNodes().map(({ op, inputs, outputs, attributes }) => ({
      op,
      inputs: values(inputs),
      outputs: values(outputs),
      attributes,
    }));
  }

  /** The serialised ONNX model. */
  toModel(): Uint8Array {
    const named = (name: string): string => this.#outputNames.get(name) ?? name;
    const nodes = this.#liveNodes();
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    const model = {
      ir_version: IR_VERSION,
      producer_name: 'ruminate',
      opset_import: [
        { domain: '', version: OPSET },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'ruminate',
        node: nodes.map((node, index) => ({
          name: `n${index}`,
          op_type: node.op,
          domain: node.domain,
          input: node.inputs.map(named),
          output: node.outputs.map(named),
          attribute: Object.entries(node.attributes).map(([name, a]) => attributeProto(name, a)),
        })),
        initializer: this.#initializers
          .filter(({ value }) => read.has(value.name))
          .map(({ value, bytes }) => ({
            name: value.name,
            dims: value.shape,
            data_type: ELEMENT_TYPE[value.dtype],
            raw_data: bytes,
          })),
        // What no output needs is not asked for: a graph over a part of the policy takes that part alone.
        input: this.#inputs.filter(({ name }) => read.has(name)).map(valueInfo),
        output: this.#outputs.map(valueInfo),
      },
    };
    return ModelProto.encode(ModelProto.fromObject(model)).finish();
  }

  /** Nodes that some output needs: gradients of inputs nobody asked for are never computed. */
  #liveNodes(): readonly Node[] {
    const needed = new Set(this.kept);
    const live = [...this.#nodes].reverse().filter((node) => {
      const used = node.outputs.some((name) => needed.has(name));
      if (used) node.inputs.forEach((name) => needed.add(name));
      return used;
    });
    return live.reverse();
  }

  #constant(dtype: DataType, data: Float32Array | BigInt64Array | Int32Array, shape: Shape): Value {
    if (data.length !== sizeOf(shape))
      throw new RangeError(
        `constant of shape [${shape.join(', ')}] needs ${sizeOf(shape)} numbers, got ${data.length}`,
      );
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype}|${shape.join(',')}|${Buffer.from(bytes).toString('latin1')}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const value: Value = { name: `c${this.#initializers.length}`, dtype, shape };
    this.#initializers.push({ value, bytes });
    this.#constants.set(key, value);
    this.#values.set(value.name, value);
    return value;
  }
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, d) => product * d, 1);
}

function identity(from: string, to: string): Node {
  return { op: 'Identity', domain: '', inputs: [from], outputs: [to], attributes: {} };
}

function attributeProto(name: string, a: Attribute): object {
  if ('float' in a) return { name, f: a.float, type: ATTRIBUTE_TYPE.float };
  if ('int' in a) return { name, i: a.int, type: ATTRIBUTE_TYPE.int };
  if ('ints' in a) return { name, ints: a.ints, type: ATTRIBUTE_TYPE.ints };
  return { name, s: Buffer.from(a.string), type: ATTRIBUTE_TYPE.string };
}

function valueInfo(value: Value): object {
  return {
    name: value.name,
    type: {
      tensor_type: {
        elem_type: ELEMENT_TYPE[value.dtype],
        shape: { dim: value.shape.map((d) => ({ dim_value: d })) },
      },
    },
  };
}
