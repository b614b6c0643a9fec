import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { MARKS } from '../../domain/world/vocabulary.js';
import { Graph, type Value } from '../../engine/graph/graph.js';
import { copiedEdge } from '../../engine/policy/heads.js';
import type { Parameters } from '../../engine/policy/params.js';
import { BOX_BINS, CLIP, LOOK_TOKENS, MARK_CLASSES, MAX_ROWS } from '../../engine/policy/spec.js';
import { freshWeights } from '../../engine/policy/state.js';
import { clipTokens } from '../../engine/policy/vision.js';
import { Sessions } from '../../engine/sessions.js';

const SPEC = { width: 128, layers: 2, heads: 4, maxLooks: 3 };
const sessions = new Sessions({ threads: 1 });
afterAll(() => sessions.close());

describe('a copied edge', () => {
  /** Upper edges of three rows from the top, as bins. */
  const TOPS = [1, 6, 12];

  /** The bin chosen by a policy whose x says the mark: x is one-hot, and normalising keeps the largest largest. */
  async function edgeFor(
    wanted: number,
    shownAt: readonly { mark: number; level: number }[],
  ): Promise<number> {
    const g = new Graph();
    const d = SPEC.width;
    const p: Parameters = new Map<string, Value>([
      ['glance.row', g.floats(new Float32Array(d * MAX_ROWS), [d, MAX_ROWS])],
      ['glance.mark', g.floats(scaledIdentity(d, MARK_CLASSES, 4), [d, MARK_CLASSES])],
    ]);
    const x = g.floats(
      Float32Array.from({ length: d }, (_, i) => Number(i === wanted)),
      [1, d],
    );
    const tops = g.floats(peaks(TOPS), [1, MAX_ROWS * BOX_BINS]);
    const shown = g.floats(probabilities(shownAt), [1, LOOK_TOKENS * MARK_CLASSES]);
    g.output('edges', copiedEdge(g, p, x, { boxes: tops, tops, shown }));
    const out = await sessions.run(JSON.stringify([wanted, shownAt]), () => g, {});
    const edges = out['edges']!.data as Float32Array;
    return edges.indexOf(Math.max(...edges));
  }

  it('is that of the row at whose height the mark in mind was seen', async () => {
    const star = MARKS.indexOf('star');
    const moon = MARKS.indexOf('moon');
    const ring = MARKS.indexOf('ring');
    const shown = [
      { mark: moon, level: 0 },
      { mark: ring, level: 1 },
      { mark: star, level: 2 },
    ];
    expect(await edgeFor(moon, shown)).toBe(TOPS[0]);
    expect(await edgeFor(ring, shown)).toBe(TOPS[1]);
    expect(await edgeFor(star, shown)).toBe(TOPS[2]);
  });
});

describe('the tokens of a clip', () => {
  it('are the same for the same thing one area further to the right and down', async () => {
    const weights = freshWeights(SPEC, 3);
    const g = new Graph();
    const names = ['vision.clip.in', 'vision.clip.bias', 'vision.clip.out', 'embed.tokens'];
    const features = weights.get('vision.clip.bias')!.length;
    const shapes: Record<string, number[]> = {
      'vision.clip.in': [weights.get('vision.clip.in')!.length / features, features],
      'vision.clip.bias': [features],
      'vision.clip.out': [weights.get('vision.clip.out')!.length / SPEC.width, SPEC.width],
      'embed.tokens': [weights.get('embed.tokens')!.length / SPEC.width, SPEC.width],
    };
    const p: Parameters = new Map(names.map((name) => [name, g.floats(weights.get(name)!, shapes[name]!)]));
    g.output('tokens', clipTokens(g, p, g.input('pictures', 'uint8', [2, CLIP.widthPx * CLIP.heightPx])));
    const areaPx = CLIP.blocks * CLIP.blockPx;
    const pictures = Uint8Array.from([...cross(areaPx, 0), ...cross(2 * areaPx, areaPx)]);
    const out = await sessions.run('clip', () => g, {
      pictures: new ort.Tensor('uint8', pictures, [2, CLIP.widthPx * CLIP.heightPx]),
    });
    const tokens = out['tokens']!.data as Float32Array;
    const token = (picture: number, column: number, row: number): number[] => {
      const at = ((picture * CLIP.rows + row) * CLIP.columns + column) * SPEC.width;
      return [...tokens.subarray(at, at + SPEC.width)];
    };
    const [here, there] = [token(0, 1, 0), token(1, 2, 1)];
    expect(here.some((value) => Math.abs(value) > 0.01)).toBe(true);
    here.forEach((value, i) => {
      expect(there[i]).toBeCloseTo(value, 4);
    });
  });
});

/** A picture that is grey but for a cross in the area that begins at (left, top). */
function cross(left: number, top: number): Uint8Array {
  const picture = new Uint8Array(CLIP.widthPx * CLIP.heightPx).fill(100);
  for (let i = 6; i < 12; i++) {
    picture[(top + 9) * CLIP.widthPx + left + i] = 220;
    picture[(top + i) * CLIP.widthPx + left + 9] = 220;
  }
  return picture;
}

function scaledIdentity(rows: number, columns: number, by: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) =>
    Math.floor(i / columns) === i % columns ? by : 0,
  );
}

/** Logits of one box edge a row: high at its bin. */
function peaks(bins: readonly number[]): Float32Array {
  return Float32Array.from({ length: MAX_ROWS * BOX_BINS }, (_, i) =>
    i % BOX_BINS === bins[Math.floor(i / BOX_BINS)] ? 8 : 0,
  );
}

/** Certain marks in the second column of areas, nothing elsewhere. */
function probabilities(marks: readonly { mark: number; level: number }[]): Float32Array {
  const out = new Float32Array(LOOK_TOKENS * MARK_CLASSES);
  for (const { mark, level } of marks) out[(level * CLIP.columns + 1) * MARK_CLASSES + mark] = 1;
  return out;
}
