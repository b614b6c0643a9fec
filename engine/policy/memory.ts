import { MAX_FRAMES, SLOT } from '../../domain/protocol/compact.js';
import { sizeOf, type Graph, type Value } from '../graph/graph.js';
import { slice } from '../graph/ops.js';
import type { FrameCache } from './glance.js';
import { BOX_BINS, MAX_ROWS, PROMPT, TURN, type BatchShape, type PolicySpec } from './spec.js';
import type { LayerCache } from './trunk.js';

/** What a sampler remembers of B rollouts between their turns. */
export interface Remembered {
  /** Of each layer, the keys and values of each turn, [B · H, positions of the turn, D/H]. */
  readonly layers: readonly (readonly LayerCache[])[];
  /** Keys and values of the frames to glance at, [B, 8, D]. */
  readonly frames: FrameCache;
  /** Where the texts of each frame stand, [B, 8, rows · 4 · bins]. */
  readonly boxes: Value;
}

/** Positions that turn `turn` adds: the last token of the slot before with the look after it (or the prompt), and all but the last of its own slot. */
export function turnLength(turn: number): number {
  return (turn === 0 ? PROMPT : TURN - SLOT + 1) + SLOT - 1;
}

/** Positions remembered after `turns` turns: everything but the last token of the last slot, which nothing has followed yet. */
export function rememberedLength(turns: number): number {
  return turns === 0 ? 0 : PROMPT + turns * TURN - (TURN - SLOT) - 1;
}

/** One tensor of the memory: its name, and its numbers a rollout. */
export interface MemoryPart {
  readonly name: string;
  readonly perRollout: number;
  readonly shape: (batch: number) => readonly number[];
}

/** The tensors of the memory after `turns` turns. Each turn has its own, so that none is copied to grow. */
export function memoryParts({ width, heads, layers }: PolicySpec, turns: number): readonly MemoryPart[] {
  const part = (name: string, rows: number, ...rest: readonly number[]): MemoryPart => ({
    name,
    perRollout: rows * sizeOf(rest),
    shape: (batch) => [batch * rows, ...rest],
  });
  const ofTurn = (turn: number): readonly MemoryPart[] =>
    range(layers).flatMap((layer) =>
      (['key', 'value'] as const).map((what) =>
        part(partName(layer, what, turn), heads, turnLength(turn), width / heads),
      ),
    );
  return [
    ...range(turns).flatMap(ofTurn),
    part('memory.frames.key', 1, MAX_FRAMES, width),
    part('memory.frames.value', 1, MAX_FRAMES, width),
    part('memory.boxes', 1, MAX_FRAMES, MAX_ROWS * 4 * BOX_BINS),
  ];
}

/** The memory of the turns before, as inputs of the graph of turn `looks`. */
export function memoryInputs(g: Graph, spec: PolicySpec, { batch, looks }: BatchShape): Remembered {
  const inputs = new Map(
    memoryParts(spec, looks).map(({ name, shape }) => [name, g.input(name, 'float32', shape(batch))]),
  );
  return {
    layers: range(spec.layers).map((layer) =>
      range(looks).map((turn) => ({
        key: inputs.get(partName(layer, 'key', turn))!,
        value: inputs.get(partName(layer, 'value', turn))!,
      })),
    ),
    frames: { key: inputs.get('memory.frames.key')!, value: inputs.get('memory.frames.value')! },
    boxes: inputs.get('memory.boxes')!,
  };
}

/** Outputs `<name>+`: of the layers' keys and values over all positions, the parts of the turns given. */
export function cacheOutputs(g: Graph, caches: readonly LayerCache[], turns: readonly number[]): void {
  for (const turn of turns) {
    const first = rememberedLength(turn);
    caches.forEach((cache, layer) => {
      for (const what of ['key', 'value'] as const)
        g.output(
          `${partName(layer, what, turn)}+`,
          slice(g, cache[what], 1, first, first + turnLength(turn)),
        );
    });
  }
}

/** Outputs of what the prompt alone decides. */
export function promptOutputs(g: Graph, frames: FrameCache, boxes: Value): void {
  g.output('memory.frames.key+', frames.key);
  g.output('memory.frames.value+', frames.value);
  g.output('memory.boxes+', boxes);
}

function partName(layer: number, what: keyof LayerCache, turn: number): string {
  return `memory.${layer}.${what}.${turn}`;
}

function range(count: number): readonly number[] {
  return [...Array(count).keys()];
}
