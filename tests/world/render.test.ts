import { describe, expect, it } from 'vitest';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { planVideo } from '../../domain/world/plan.js';
import type { Scene } from '../../domain/world/scene.js';
import {
  HEIGHT_PX,
  PLATE_MARGIN_X_PX,
  PLATE_MARGIN_Y_PX,
  TEXT_WIDTH_PX,
  WIDTH_PX,
} from '../../domain/world/scene.js';
import { thumbnail } from '../../infra/tools/look.js';
import { film } from '../../infra/world/film.js';
import { drawScene, RIM_PX } from '../../infra/world/render.js';

const STRIDE_PX = WIDTH_PX + 2 * RIM_PX;
const scenes = Array.from({ length: 6 }, (_, index) => planVideo(2, 'train', index)).flatMap(
  (plan) => plan.scenes,
);

describe('drawScene', () => {
  it('says exactly where the ink of each text is', () => {
    for (const scene of scenes) {
      for (const [row] of scene.texts.entries()) {
        const { truth } = drawScene(scene, 1);
        const box01 = truth.items[row]?.box01 ?? [0, 0, 0, 0];
        const bare = { ...scene, look: { ...scene.look, ink: scene.look.plate } };
        const found = boundsOf(luma(scene), luma(bare), box01);
        const told = [box01[0] * WIDTH_PX, box01[1] * HEIGHT_PX, box01[2] * WIDTH_PX, box01[3] * HEIGHT_PX];
        found.forEach((edge, index) => {
          expect(
            Math.abs(edge - (told[index] ?? -99)),
            `${truth.kind} ${truth.items[row]?.text ?? ''}`,
          ).toBeLessThanOrEqual(1.5);
        });
      }
    }
  });

  it('keeps texts to the width and height that a crop can enlarge in full', () => {
    const boxes = scenes.flatMap((scene) => drawScene(scene, 1).truth.items.map((item) => item.box01));
    const widths = boxes.map(([x1, , x2]) => (x2 - x1) * WIDTH_PX);
    const heights = boxes.map(([, y1, , y2]) => (y2 - y1) * HEIGHT_PX);
    expect(Math.max(...widths)).toBeLessThanOrEqual(TEXT_WIDTH_PX + 1);
    expect(Math.max(...heights)).toBeLessThanOrEqual(24);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(9);
  });

  it('frames each text by its plate', () => {
    for (const scene of scenes) {
      const picture = luma(scene);
      const [x1 = 0, y1 = 0] = drawScene(scene, 1).truth.items[0]?.box01 ?? [];
      const inside =
        picture[
          (Math.round(y1 * HEIGHT_PX) - PLATE_MARGIN_Y_PX + 2) * WIDTH_PX + Math.round(x1 * WIDTH_PX)
        ] ?? -99;
      expect(Math.abs(inside - scene.look.plate.luma)).toBeLessThanOrEqual(6);
      expect(Math.round(x1 * WIDTH_PX)).toBeGreaterThanOrEqual(PLATE_MARGIN_X_PX);
    }
  });
});

describe('the overview', () => {
  const thumbnailOf = (picture: Uint8Array): Uint8Array =>
    thumbnail(
      { widthPx: WIDTH_PX, heightPx: HEIGHT_PX, channels: 1, data: picture },
      DEFAULT_PICTURES.overview,
    );

  it('shows the plate as a shape and keeps what is written from being read', () => {
    const shapes: number[] = [];
    const letters: number[] = [];
    for (const scene of scenes.filter(({ texts, layout }) => texts.length === 1 && layout.kind !== 'sign')) {
      const [text = ''] = scene.texts;
      const shown = thumbnailOf(luma(scene));
      const other = thumbnailOf(
        luma({ ...scene, texts: [text.replaceAll(/./g, (c) => (c === '8' ? '6' : '8'))] }),
      );
      const box = drawScene(scene, 1).truth.items[0]?.box01 ?? [0, 0, 0, 0];
      const [x, y] = [Math.floor(((box[0] + box[2]) / 2) * 32), Math.floor(((box[1] + box[3]) / 2) * 18)];
      const at = y * 32 + x;
      shapes.push(Math.abs(((shown[at] ?? 0) + (other[at] ?? 0)) / 2 - scene.look.body.luma));
      letters.push(Math.abs((shown[at] ?? 0) - (other[at] ?? 0)));
    }
    expect(shapes.length).toBeGreaterThan(20);
    // Another text changes a thumbnail's pixel far less than the plate itself sets it off from the body.
    expect(mean(shapes)).toBeGreaterThan(40);
    expect(mean(letters)).toBeLessThan(mean(shapes) / 2);
  });
});

describe('film', () => {
  const plan = planVideo(2, 'train', 0);

  it('holds four frames a scene, the first without pan or flicker', () => {
    const frames = [...film(plan).frames];
    expect(frames).toHaveLength(32);
    const still = luma(plan.scenes[0] ?? fail());
    const first = greyOf(frames[0] ?? fail());
    const offsets = first.map((value, at) => Math.abs(value - (still[at] ?? 0)));
    expect(Math.max(...offsets)).toBeLessThanOrEqual((plan.scenes[0]?.look.noise ?? 0) + 1);
  });

  it('moves within a scene by one to three pixels', () => {
    for (const scene of scenes) {
      const last = scene.look.pan.at(-1) ?? { x: 0, y: 0 };
      expect(scene.look.pan[0]).toEqual({ x: 0, y: 0 });
      expect(Math.hypot(last.x, last.y)).toBeGreaterThanOrEqual(1);
      expect(Math.max(Math.abs(last.x), Math.abs(last.y))).toBeLessThanOrEqual(3);
    }
  });

  it('gives the same frames every time', () => {
    const [one, two] = [[...film(plan).frames], [...film(plan).frames]];
    expect(one.every((frame, index) => Buffer.compare(frame, two[index] ?? Buffer.alloc(0)) === 0)).toBe(
      true,
    );
  });
});

/** The scene as grey, without its rim. */
function luma(scene: Scene): Uint8Array {
  const { rgba } = drawScene(scene, 1);
  const out = new Uint8Array(WIDTH_PX * HEIGHT_PX);
  for (let y = 0; y < HEIGHT_PX; y++) {
    const from = ((y + RIM_PX) * STRIDE_PX + RIM_PX) * 4;
    out.set(greyOf(rgba.subarray(from, from + WIDTH_PX * 4)), y * WIDTH_PX);
  }
  return out;
}

function greyOf(rgba: Uint8Array): Uint8Array {
  return new Uint8Array(rgba.length / 4).map((_, at) =>
    Math.round(
      0.299 * (rgba[at * 4] ?? 0) + 0.587 * (rgba[at * 4 + 1] ?? 0) + 0.114 * (rgba[at * 4 + 2] ?? 0),
    ),
  );
}

/** Edges in pixels of where two pictures differ clearly, near a box. */
function boundsOf(one: Uint8Array, other: Uint8Array, box01: readonly number[]): readonly number[] {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box01;
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (
    let y = Math.max(0, Math.floor(y1 * HEIGHT_PX) - 5);
    y < Math.min(HEIGHT_PX, y2 * HEIGHT_PX + 5);
    y++
  ) {
    for (let x = Math.max(0, Math.floor(x1 * WIDTH_PX) - 7); x < Math.min(WIDTH_PX, x2 * WIDTH_PX + 7); x++) {
      if (Math.abs((one[y * WIDTH_PX + x] ?? 0) - (other[y * WIDTH_PX + x] ?? 0)) < 12) continue;
      [left, top, right, bottom] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x + 1),
        Math.max(bottom, y + 1),
      ];
    }
  }
  return [left, top, right, bottom];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fail(): never {
  throw new Error('nothing there');
}
