import { describe, expect, it } from 'vitest';
import { BugFailure } from '../../domain/failures.js';
import { encodeFrame, FrameReader, type Frame } from '../../infra/torch/frames.js';

const FRAMES: readonly Frame[] = [
  {
    message: { type: 'request', id: 1, text: 'Grüße, 你好' },
    blobs: [Uint8Array.of(1, 2, 3), new Uint8Array(0)],
  },
  { message: { type: 'cancel', id: 1 }, blobs: [] },
];

function bytesOf(frame: Frame): Buffer {
  return Buffer.concat(encodeFrame(frame));
}

describe('frames', () => {
  it.each([1, 7, 10_000])('come back whole from chunks of %i bytes', (size) => {
    const bytes = Buffer.concat(FRAMES.map(bytesOf));
    const reader = new FrameReader();
    const back: Frame[] = [];
    for (let at = 0; at < bytes.length; at += size) back.push(...reader.push(bytes.subarray(at, at + size)));
    expect(back.map(({ blobs }) => blobs.map((blob) => [...blob]))).toEqual([[[1, 2, 3], []], []]);
    expect(back.map(({ message }) => message['text'])).toEqual(['Grüße, 你好', undefined]);
  });

  it.each([
    ['another beginning', (bytes: Buffer) => bytes.write('HTTP')],
    ['a length past all bounds', (bytes: Buffer) => bytes.writeUInt32LE(2 ** 31, 4)],
    ['JSON that is none', (bytes: Buffer) => bytes.write('[', 16)],
    ['blobs that do not add up', (bytes: Buffer) => bytes.writeBigUInt64LE(2n, 8)],
  ])('with %s are refused', (_, spoil) => {
    const bytes = bytesOf(FRAMES[0]!);
    spoil(bytes);
    expect(() => new FrameReader().push(bytes)).toThrow(BugFailure);
  });
});
