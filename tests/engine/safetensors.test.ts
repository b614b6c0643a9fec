import { describe, expect, it } from 'vitest';
import { stream } from '../../domain/seeds.js';
import {
  freshOptimizer,
  freshWeights,
  optimizerToFile,
  weightsFromFile,
  weightsToFile,
} from '../../engine/policy/state.js';
import { readSafetensors, writeSafetensors, type NamedTensor } from '../../engine/safetensors.js';

const f32 = (...shape: number[]): NamedTensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 0.5),
});

/** A file of this header over so many bytes of data. */
function fileOf(header: unknown, bytes: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const file = Buffer.alloc(8 + json.length + bytes);
  file.writeBigUInt64LE(BigInt(json.length));
  json.copy(file, 8);
  return file;
}

function refusal(header: unknown, bytes: number): string {
  try {
    readSafetensors(fileOf(header, bytes), 'x.safetensors');
  } catch (error) {
    return (error as Error).message;
  }
  return 'was read';
}

const entry = (start: number, end: number, shape: unknown = [(end - start) / 4], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [start, end],
});

describe('a safetensors file', () => {
  it('gives back what was written, of every dtype, scalars and empty tensors too', () => {
    const tensors = new Map<string, NamedTensor>([
      ['matrix', f32(2, 3)],
      ['scalar', f32()],
      ['none', f32(0, 4)],
      ['ints', { shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
      ['bytes', { shape: [3], data: Uint8Array.of(0, 7, 255) }],
      ['__proto__', f32(1)],
    ]);
    const read = readSafetensors(writeSafetensors(tensors, { a: 'b' }));
    expect(read.tensors).toEqual(new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(read.metadata).toEqual({ a: 'b' });
  });

  it('is read at any alignment, and whatever order the header names its tensors in', () => {
    const file = fileOf({ b: entry(4, 8), a: entry(0, 4) }, 8);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect([...readSafetensors(shifted.subarray(1)).tensors.keys()]).toEqual(['b', 'a']);
  });

  it.each<[what: string, header: unknown, bytes: number, words: string]>([
    ['overlap', { a: entry(0, 8), b: entry(4, 12) }, 12, 'b begins at byte 4, inside the tensor before it'],
    ['leave a gap', { a: entry(0, 4), b: entry(8, 12) }, 12, 'b begins at byte 8'],
    ['do not begin at the first byte', { a: entry(4, 8) }, 8, 'a begins at byte 4'],
    ['end before the file does', { a: entry(0, 4) }, 9, 'end at byte 4 of the data, but the file has 9'],
    ['end after the file does', { a: entry(0, 8) }, 4, 'end at byte 8 of the data, but the file has 4'],
    ['end before they begin', { a: entry(8, 0, [2]) }, 8, 'a of dtype F32'],
    ['have a negative offset', { a: entry(-4, 4) }, 8, 'a has data_offsets [-4,4]'],
    [
      'have one offset',
      { a: { dtype: 'F32', shape: [], data_offsets: [0] } },
      0,
      'expected two whole numbers',
    ],
    ['have half an element', { a: entry(0, 4, [0.5]) }, 4, 'a has shape [0.5]'],
    ['have a negative size', { a: entry(0, 4, [-1, -1]) }, 4, 'a has shape [-1,-1]'],
    ['have a size that is text', { a: entry(0, 4, ['1']) }, 4, 'a has shape ["1"]'],
    ['have no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }, 4, 'a has shape none'],
    ['have a shape too small', { a: entry(0, 8, [1]) }, 8, 'needs 4 bytes, its data_offsets 0 to 8 hold 8'],
    ['overflow', { a: entry(0, 0, [2 ** 40, 2 ** 40]) }, 0, 'more elements than any file holds'],
    ['overflow to zero', { a: entry(0, 0, [2 ** 53 - 1, 2 ** 53 - 1, 0, 4]) }, 4, 'but the file has 4'],
    ['are BF16', { a: entry(0, 4, [2], 'BF16') }, 4, 'a has dtype "BF16"; read are F32, I32, U8'],
    ['are F16', { a: entry(0, 4, [2], 'F16') }, 4, 'a has dtype "F16"'],
    ['are of a dtype by an inherited name', { a: entry(0, 4, [1], 'toString') }, 4, 'dtype "toString"'],
    ['are of no dtype', { a: { shape: [1], data_offsets: [0, 4] } }, 4, 'a has dtype none'],
    ['are no objects', { a: null }, 0, 'a is no object'],
  ])('is refused where tensors %s', (_, header, bytes, words) => {
    expect(refusal(header, bytes)).toContain('x.safetensors: not a valid safetensors file: ');
    expect(refusal(header, bytes)).toContain(words);
  });

  it('is refused where a name comes twice, however it is written', () => {
    const one = JSON.stringify(entry(0, 4));
    expect(refusal(`{"a":${one},"a":${one}}`, 4)).toContain('has a twice');
    expect(refusal(`{"a":${one}, "\\u0061" :${one}}`, 4)).toContain('has a twice');
    expect(refusal('{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)).toContain(
      'has dtype twice',
    );
    // Names inside of others' texts are no names.
    expect(refusal(`{"__metadata__":{"b":"{\\"a\\":1"},"a":${one}}`, 4)).toBe('was read');
  });

  it('is refused where the header is none', () => {
    expect(() => readSafetensors(Uint8Array.of(1, 2, 3))).toThrow('3 bytes are too few for a header');
    expect(() => readSafetensors(Buffer.alloc(64, 255))).toThrow('its header says');
    expect(refusal('{"a":', 0)).toContain('not JSON');
    expect(refusal('[]', 0)).toContain('not a JSON object');
    expect(refusal('null', 0)).toContain('not a JSON object');
    expect(refusal({ __metadata__: { a: 1 } }, 0)).toContain('__metadata__');
  });

  it('that was damaged anywhere in its header is read whole or refused in words', () => {
    const file = writeSafetensors(new Map([...'abc'].map((name) => [name, f32(2, 3)])), { made: 'by us' });
    const header = 8 + Number(Buffer.from(file).readBigUInt64LE());
    const random = stream('damage');
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const bad = Uint8Array.from(file);
      for (let hits = random.int(1, 4); hits > 0; hits--) bad[random.int(0, header)] = random.int(0, 256);
      const cut = random.float() < 0.2 ? bad.subarray(0, random.int(0, bad.length)) : bad;
      try {
        for (const { shape, data } of readSafetensors(cut, 'bad').tensors.values())
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        expect((error as Error).message).toMatch(/^bad: not a valid safetensors file: ./);
        refused++;
      }
    }
    // Spaces, metadata and names may take a hit; most else may not.
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('a file of weights', () => {
  const spec = { width: 32, layers: 1, heads: 2, maxLooks: 1 };
  const weights = freshWeights(spec, 1);
  const file = weightsToFile(spec, weights);

  /** The file with its tensors changed, as another program would have written it. */
  function changed(change: (tensors: Map<string, NamedTensor>) => void, metadata = {}): Uint8Array {
    const tensors = new Map(readSafetensors(file).tensors);
    change(tensors);
    return writeSafetensors(tensors, metadata);
  }
  const read = (bytes: Uint8Array) => () => weightsFromFile(spec, bytes, 'w');

  it('comes back bit for bit, and also without our metadata', () => {
    const foreign = changed(() => undefined, { format: 'pt' });
    for (const given of [file, foreign])
      expect(Buffer.compare(weightsToFile(spec, weightsFromFile(spec, given, 'w')), file)).toBe(0);
  });

  it('of another architecture is refused with what differs, even where all shapes are the same', () => {
    for (const other of [{ heads: 4 }, { layers: 2 }, { width: 64, heads: 4 }, { maxLooks: 2 }]) {
      const [[key, value]] = Object.entries(other) as [[string, number]];
      expect(() => weightsFromFile({ ...spec, ...other }, file, 'w')).toThrow(
        `w: expected a policy of ${key} ${value}`,
      );
    }
    expect(read(weightsToFile({ ...spec, heads: 1 }, weights))).toThrow('heads 2; this one has heads 1');
    expect(read(changed(() => undefined, { architecture: '{' }))).toThrow('is not JSON');
    expect(read(changed(() => undefined, { architecture: 'null' }))).toThrow('width not given');
  });

  it('of another kind is refused by its name', () => {
    expect(read(optimizerToFile(spec, freshOptimizer(spec)))).toThrow(
      'expected a file of format ruminate-policy-1, this is ruminate-optimizer-1',
    );
  });

  it('with missing, extra or other tensors is refused with their names', () => {
    expect(read(changed((t) => t.delete('head.mark')))).toThrow('head.mark is missing');
    expect(read(changed((t) => t.set('head.more', f32(1))))).toThrow('head.more is not of this architecture');
    expect(read(changed((t) => t.set('head.mark', f32(7, 32))))).toThrow(
      'head.mark should be F32 [32, 7], is F32 [7, 32]',
    );
    const ints = { shape: [32, 7], data: new Int32Array(32 * 7) };
    expect(read(changed((t) => t.set('head.mark', ints)))).toThrow('F32 [32, 7], is I32 [32, 7]');
    expect(read(writeSafetensors(new Map()))).toThrow(/embed\.tokens is missing; .*and \d+ more/);
  });
});
