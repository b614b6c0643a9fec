import { parseHeader, type Dtype, type TensorEntry } from './safetensors-header.js';

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
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, (offset += data.byteLength)] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
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

/** Reads a whole file. Throws an Error that names the file, and what is wrong with a corrupt or foreign one. */
export function readSafetensors(file: Uint8Array, name = 'safetensors file'): SafetensorsFile {
  try {
    return read(file);
  } catch (cause) {
    throw new Error(`${name}: not a valid safetensors file: ${(cause as Error).message}`, { cause });
  }
}

function read(file: Uint8Array): SafetensorsFile {
  if (file.length < 8) throw new Error(`${file.length} bytes are too few for a header`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > HEADER_LIMIT || 8 + length > file.length)
    throw new Error(`its header says ${length} bytes, the file has ${file.length}`);
  const text = Buffer.from(file.buffer, file.byteOffset + 8, length).toString('utf8');
  const body = file.subarray(8 + length);
  const { entries, metadata } = parseHeader(text, body.length);
  const tensors = new Map([...entries].map(([key, entry]) => [key, tensorOf(entry, body)]));
  return { tensors, metadata };
}

function tensorOf({ dtype, shape, count, start, end }: TensorEntry, body: Uint8Array): NamedTensor {
  // A copy: the file's bytes may stand at any alignment.
  const bytes = new Uint8Array(body.subarray(start, end));
  switch (dtype) {
    case 'F32':
      return { shape, data: new Float32Array(bytes.buffer, 0, count) };
    case 'I32':
      return { shape, data: new Int32Array(bytes.buffer, 0, count) };
    case 'U8':
      return { shape, data: bytes };
    default:
      return dtype satisfies never;
  }
}

export function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}
