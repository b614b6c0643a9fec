import { f32, type Feeds } from './feeds.js';

/** A float tensor to make room for. */
export interface Room {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Where a tensor may begin: kernels may sum a badly aligned row in another order. */
const ALIGNMENT = 64;

/**
 * Tensors side by side in one block of memory, for a graph to write its outputs into. Were each output a block of its own,
 * made in the middle of a run and let go whenever the garbage collector comes by, they would lie scattered between the
 * run's own blocks, and every run would need fresh pages beyond them (300 ms a step in place of 140).
 */
export function slab(rooms: readonly Room[]): Feeds {
  const sizes = rooms.map(({ shape }) => shape.reduce((product, d) => product * d, 1));
  const strides = sizes.map((size) => Math.ceil((size * 4) / ALIGNMENT) * ALIGNMENT);
  // Not cleared: whoever asks for a slab fills it.
  const block = Buffer.allocUnsafeSlow(strides.reduce((sum, bytes) => sum + bytes, ALIGNMENT)).buffer;
  let at = 0;
  return Object.fromEntries(
    rooms.map(({ name, shape }, i) => {
      const data = new Float32Array(block, at, sizes[i]);
      at += strides[i]!;
      return [name, f32(data, shape)];
    }),
  );
}
