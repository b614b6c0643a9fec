/** What a header says of one tensor, checked: its bytes begin and end where the file has them. */
export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Elements: the product of the shape; 1 for a scalar. */
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The dtypes that we write and read, and the bytes of an element. */
export const DTYPES = { F32: 4, I32: 4, U8: 1 } as const;
export type Dtype = keyof typeof DTYPES;

/**
 * The JSON header of a safetensors file whose tensors have `bytes` bytes in all. Throws an Error that says what is
 * wrong: the format asks that the tensors fill the file from its first byte to its last, without a gap or an
 * overlap, and that no name comes twice.
 */
export function parseHeader(text: string, bytes: number): Header {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error('its header is not JSON', { cause });
  }
  if (!isRecord(json)) throw new Error('its header is not a JSON object');
  refuseRepeatedKeys(text);
  const { __metadata__: metadata, ...rest } = json;
  const entries = new Map(Object.entries(rest).map(([name, entry]) => [name, entryOf(name, entry)]));
  refuseGaps(entries, bytes);
  return { entries, metadata: metadataOf(metadata) };
}

function entryOf(name: string, given: unknown): TensorEntry {
  const fail = (why: string): never => {
    throw new Error(`${name} ${why}`);
  };
  if (!isRecord(given)) return fail('is no object of dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets } = given;
  if (!isDtype(dtype)) {
    const known = Object.keys(DTYPES).join(', ');
    return fail(`has dtype ${JSON.stringify(dtype) ?? 'none'}; read are ${known}: convert it to F32 first`);
  }
  if (!isCounts(shape)) return fail(`has shape ${shown(shape)}, expected a list of whole numbers from 0`);
  if (!isCounts(offsets) || offsets.length !== 2)
    return fail(`has data_offsets ${shown(offsets)}, expected two whole numbers from 0`);
  const [start, end] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  // Beyond 2⁵³ the product is not exact, and no file holds it.
  if (!Number.isSafeInteger(count * DTYPES[dtype]))
    return fail(`has shape [${shape.join(', ')}], more elements than any file holds`);
  if (end - start !== count * DTYPES[dtype])
    return fail(
      `of dtype ${dtype} and shape [${shape.join(', ')}] needs ${count * DTYPES[dtype]} bytes, its data_offsets ${start} to ${end} hold ${end - start}`,
    );
  return { dtype, shape, count, start, end };
}

function refuseGaps(entries: ReadonlyMap<string, TensorEntry>, bytes: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const [name, { start, end }] of inOrder) {
    if (start !== at)
      throw new Error(
        `${name} begins at byte ${start}, ${start < at ? 'inside the tensor before it, which ends' : 'but the tensors before it end'} at ${at}`,
      );
    at = end;
  }
  if (at !== bytes)
    throw new Error(
      `its tensors end at byte ${at} of the data, but the file has ${bytes} (cut off, or longer)`,
    );
}

function metadataOf(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (!isRecord(given) || Object.values(given).some((value) => typeof value !== 'string'))
    throw new Error('its __metadata__ is not an object of texts');
  return given as Record<string, string>;
}

/** JSON.parse keeps the last of two equal keys and says nothing; which one another reader keeps, nobody knows. */
function refuseRepeatedKeys(text: string): void {
  const open: Set<string>[] = [];
  // Of JSON that has been parsed: keys (a text before a colon), other texts (whose braces do not count), braces.
  for (const [token, key] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key) as string;
      if (open.at(-1)?.has(name) === true) throw new Error(`its header has ${name} twice`);
      open.at(-1)?.add(name);
    }
  }
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

function isDtype(x: unknown): x is Dtype {
  return typeof x === 'string' && Object.hasOwn(DTYPES, x);
}

function isCounts(x: unknown): x is readonly number[] {
  return Array.isArray(x) && x.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function shown(x: unknown): string {
  return (JSON.stringify(x) ?? 'none').slice(0, 60);
}
