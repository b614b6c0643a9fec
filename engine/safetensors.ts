/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes of header length, a JSON header
 * {name: {dtype, shape, data_offsets}}, then the bytes. Written with sorted names, so that equal tensors make
 * equal files. (The npm package of that name is a stub without a writer.)
 */
export type TensorData = Float32Array | Int32Array | Uint8Array;

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type Tensors = ReadonlyMap<string, NamedTensor>;

const HEADER_LIMIT = 100_000_000;

export function writeSafetensors(
  tensors: Tensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = [...tensors.keys()].sort();
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata;
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, (offset += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  // Data begins on a multiple of eight; the format allows trailing spaces in the header.
  const padded = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(8 + padded + offset, ' ');
  file.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(file, 8);
  let at = 8 + padded;
  for (const name of names) {
    const { data } = tensors.get(name)!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

export interface SafetensorsFile {
  readonly tensors: Tensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads a whole file. Throws an Error that names what is wrong with a corrupt or foreign one. */
export function readSafetensors(file: Uint8Array, name = 'safetensors file'): SafetensorsFile {
  const fail = (why: string): never => {
    throw new Error(`${name}: not a valid safetensors file: ${why}`);
  };
  if (file.length < 8) fail(`${file.length} bytes are too few for a header`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > HEADER_LIMIT || 8 + length > file.length)
    fail(`its header says ${length} bytes, the file has ${file.length}`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString('utf8')) as Record<
      string,
      unknown
    >;
  } catch (cause) {
    throw new Error(`${name}: not a valid safetensors file: its header is not JSON`, { cause });
  }
  const body = file.subarray(8 + length);
  const tensors = new Map<string, NamedTensor>();
  const { __metadata__: metadata, ...entries } = header;
  for (const [key, entry] of Object.entries(entries)) tensors.set(key, readTensor(key, entry, body, fail));
  return { tensors, metadata: (metadata ?? {}) as Record<string, string> };
}

function readTensor(
  key: string,
  entry: unknown,
  body: Uint8Array,
  fail: (why: string) => never,
): NamedTensor {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = entry as {
    dtype?: unknown;
    shape?: number[];
    data_offsets?: [number, number];
  };
  if (!Array.isArray(shape) || !Array.isArray(offsets)) return fail(`${key} has no shape or no offsets`);
  const [start, end] = offsets;
  const count = shape.reduce((product, d) => product * d, 1);
  const width =
    dtype === 'U8'
      ? 1
      : dtype === 'F32' || dtype === 'I32'
        ? 4
        : fail(`${key} has dtype ${String(dtype)}; F32, I32 and U8 are read`);
  if (start < 0 || end > body.length || end - start !== count * width)
    return fail(`${key} of shape [${shape.join(', ')}] does not fit its offsets ${start}–${end}`);
  // A copy: the file's bytes may stand at any alignment.
  const bytes = new Uint8Array(body.subarray(start, end));
  const data =
    dtype === 'U8'
      ? bytes
      : dtype === 'F32'
        ? new Float32Array(bytes.buffer, bytes.byteOffset, count)
        : new Int32Array(bytes.buffer, bytes.byteOffset, count);
  return { shape, data };
}

function dtypeOf(data: TensorData): 'F32' | 'I32' | 'U8' {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}
