import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Picture } from '../../activities/ports.js';
import type { Knobs } from '../../domain/town/knobs.js';
import { knobsOf } from '../../domain/town/knobs.js';
import { perfectOcr } from '../../domain/town/ocr.js';
import { planTown } from '../../domain/town/plan.js';
import type { TownTruth, TruthText, View } from '../../domain/town/records.js';
import { openReader, plainText } from '../../infra/bench/town/reading.js';
import { regionOf } from '../../infra/tools/region.js';
import type { Region } from '../../infra/tools/resample.js';
import { film } from '../../infra/town/film.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { NodeAvWriter } from '../../infra/video/node-av-writer.js';

const reader = new NodeAvReader();
let root: string;
let easy: Filmed;
let hard: Filmed;

interface Filmed {
  readonly truth: TownTruth;
  readonly frames: readonly Picture[];
}

/** All ten scenes through the encoder and back: what is measured is what a policy would see. */
async function filmed(knobs: Knobs, seed: number): Promise<Filmed> {
  const plan = planTown(seed, 'train', 0, knobs);
  const shot = film(plan);
  const { widthPx, heightPx, fps, scenes, sceneSec } = knobs;
  const video = path.join(root, `${seed}-${knobs.crf}-${widthPx}.mp4`);
  await new NodeAvWriter().write(video, {
    fps,
    widthPx,
    heightPx,
    frames: shot.frames,
    channels: 'yuv420p',
    crf: plan.crf,
  });
  const durationSec = scenes * sceneSec;
  const indices = Array.from({ length: durationSec * fps }, (_, index) => index + 1);
  const frames = await reader.frames(video, { fps, indices, channels: 3 });
  return { truth: { video, sha256: '', widthPx, heightPx, fps, durationSec, scenes: shot.scenes }, frames };
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ruminate-town-truth-'));
  easy = await filmed(knobsOf('easy', { scenes: 10 }), 21);
  hard = await filmed(knobsOf('hard', { scenes: 10 }), 22);
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('the truth about a town', () => {
  it('has ink in the box of every clear text, in every frame, and quiet paper above or below it', () => {
    for (const [{ truth, frames }, range] of [[easy, 70], [hard, 30]] as const) {
      let quiet = 0;
      let boxes = 0;
      for (const { text, view, frame } of clearViews(truth)) {
        const picture = frames[frame];
        if (picture === undefined) throw new Error(`no frame ${frame}`);
        const box = regionOf(view.box01, picture.widthPx, picture.heightPx);
        const ink = rangeIn(picture, box);
        expect(ink, `${text.id} ${text.text} in frame ${frame}`).toBeGreaterThan(range);
        const above = rangeIn(picture, { ...box, y: Math.max(0, box.y - 3), h: 2 });
        const below = rangeIn(picture, { ...box, y: Math.min(picture.heightPx - 2, box.y + box.h + 1), h: 2 });
        boxes += 1;
        if (Math.min(above, below) < ink * 0.75) quiet += 1;
      }
      expect(boxes).toBeGreaterThan(200);
      expect(quiet / boxes).toBeGreaterThan(0.8);
    }
  });

  it('has boxes that hug the ink: a box moved by its height holds much less of it', () => {
    const shares = [...clearViews(easy.truth)].flatMap(({ text, view, frame }) => {
      const picture = easy.frames[frame];
      if (picture === undefined || text.role === 'notice' || text.row !== null) return [];
      const box = regionOf(view.box01, picture.widthPx, picture.heightPx);
      const away = { ...box, y: box.y - box.h };
      return away.y < 0 ? [] : [edges(picture, away) < edges(picture, box) * 0.6 ? 1 : 0];
    });
    expect(shares.length).toBeGreaterThan(50);
    expect(shares.reduce((sum: number, share) => sum + share, 0) / shares.length).toBeGreaterThan(0.7);
  });

  it('is read by Tesseract in most boxes of clear texts on easy', { timeout: 120_000 }, async () => {
    const tesseract = await openReader('line');
    let right = 0;
    const texts = easy.truth.scenes.flatMap((scene) => scene.texts.filter((text) => !['scroll', 'caption'].includes(text.role)));
    const clear = texts.flatMap((text) => {
      const view = text.views.filter((one) => one.clear01 >= 0.98).at(-1);
      return view === undefined ? [] : [{ text, view }];
    });
    try {
      for (const { text, view } of clear) {
        const picture = easy.frames[Math.round(view.sec * easy.truth.fps)];
        if (picture === undefined) continue;
        const box = regionOf(view.box01, picture.widthPx, picture.heightPx);
        const said = await tesseract.read(picture, { x: box.x - 3, y: box.y - 3, w: box.w + 6, h: box.h + 6 });
        if (plainText(said) === plainText(text.text)) right += 1;
      }
    } finally {
      await tesseract.end();
    }
    expect(clear.length).toBeGreaterThan(25);
    expect(right / clear.length, `${right} of ${clear.length}`).toBeGreaterThan(0.6);
  });

  it('is turned into words that lie within their frame, side by side, in the order of their line', () => {
    for (const { truth } of [easy, hard]) {
      const ocr = perfectOcr(truth, truth.fps);
      expect(ocr.frames).toHaveLength(truth.durationSec * truth.fps);
      const words = ocr.frames.flatMap((frame) => frame.words);
      expect(words.length).toBeGreaterThan(500);
      for (const { box01: [x1, y1, x2, y2] } of words) {
        expect(Math.min(x1, y1)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x2, y2)).toBeLessThanOrEqual(1);
        expect(x1).toBeLessThan(x2);
        expect(y1).toBeLessThan(y2);
      }
      for (const frame of ocr.frames) {
        for (const [at, word] of frame.words.entries()) {
          const before = frame.words[at - 1];
          if (before?.line === word.line) expect(before.box01[0]).toBeLessThan(word.box01[0]);
        }
      }
    }
  });

  it('shows every word of a message that scrolls, but never all at once', () => {
    const scroll = easy.truth.scenes.flatMap((scene) => scene.texts).find((text) => text.role === 'scroll');
    if (scroll === undefined) throw new Error('no message');
    const shown = perfectOcr(easy.truth, easy.truth.fps).frames.map((frame) => frame.words.map((word) => word.text));
    for (const word of scroll.text.split(' ')) expect(shown.some((words) => words.includes(word)), word).toBe(true);
    for (const view of scroll.views) {
      const [from, to] = view.span01 ?? [0, 1];
      expect(to - from).toBeLessThan(1);
    }
  });
}); // prettier-ignore

describe('knobs of the town', () => {
  const shot = (turned: Partial<Record<keyof Knobs, number>>): Pictures => {
    const seen = film(planTown(8, 'train', 1, knobsOf('easy', turned)));
    return { frames: Array.from(seen.frames, (frame) => frame.slice(0, 256 * 144)), scenes: seen.scenes };
  };
  const plainly = { panPct: 0, zoomPct: 0, noise: 0, shadePct: 0 };

  it('move, blur, shade, cover and fade what they name', () => {
    const still = shot(plainly);
    const moving = shot({ ...plainly, panPct: 12 });
    const change = ({ frames }: Pictures): number => distance(frames[0], frames[7]);
    expect(change(moving)).toBeGreaterThan(change(still) * 2);
    const sharpness = (one: Pictures): number => sharp(one.frames[7]);
    expect(sharpness(shot({ ...plainly, blurPct: 1 }))).toBeLessThan(sharpness(still) * 0.8);
    expect(sharpness(shot({ ...plainly, noise: 20 }))).toBeGreaterThan(sharpness(still) * 1.2);
    expect(sharpness(shot({ ...plainly, contrast: 0.3 }))).toBeLessThan(sharpness(still) * 0.9);
    const light = ({ frames }: Pictures): number => (frames[7] ?? new Uint8Array()).reduce((sum, value) => sum + value, 0);
    expect(light(shot({ ...plainly, shadePct: 70 }))).toBeLessThan(light(still));
    const hidden = (one: Pictures): number =>
      one.scenes.flatMap((scene) => scene.texts.flatMap((text) => text.views)).filter((view) => view.clear01 < 0.98).length;
    expect(hidden(shot({ ...plainly, occludedPct: 100 }))).toBeGreaterThan(hidden(still));
  });

  it.each([
    ['zoomPct', 30],
    ['shakePct', 2],
    ['tiltDeg', 5],
    ['shutterMs', 200],
  ] as const)('change the picture by %s', (name, value) => {
    const base = { ...plainly, panPct: 10 };
    const [without, turned] = [shot(base), shot({ ...base, [name]: value })];
    expect(distance(without.frames[4], turned.frames[4])).toBeGreaterThan(0.2);
  });

  it('compress by crf: a third of the bytes at most from 14 to 40', async () => {
    const sizes = await Promise.all(
      [14, 40].map(async (crf) => {
        const { truth } = await filmed(knobsOf('medium', { crf, scenes: 3, sceneSec: 1 }), 30);
        return (await stat(truth.video)).size;
      }),
    );
    expect((sizes[1] ?? 0) * 3).toBeLessThan(sizes[0] ?? 0);
  });

  it('scale letters with the frame, and shrink them by textPct', () => {
    const caps = (one: Pictures): number => {
      const all = one.scenes.flatMap((scene) => scene.texts.map((text) => text.capPx));
      return all.reduce((sum, cap) => sum + cap, 0) / all.length;
    };
    const small = caps(shot({ textPct: 4 }));
    expect(caps(shot({ textPct: 8 }))).toBeGreaterThan(small * 1.4);
    expect(caps(shot({ textPct: 4, widthPx: 512, heightPx: 288 }))).toBeCloseTo(small * 2, 0);
  });

  it('fill a scene with more lines, and keep a notice as long as they say', () => {
    const texts = (one: Pictures): number => one.scenes.reduce((sum, scene) => sum + scene.texts.length, 0);
    expect(texts(shot({ clutter: 1, textPct: 4 }))).toBeGreaterThan(texts(shot({ clutter: 0, textPct: 4 })));
    for (const briefSec of [0.5, 1.5]) {
      const { scenes } = shot({ briefSec });
      const notice = scenes.flatMap((scene) => scene.texts).find((text) => text.role === 'notice');
      expect(notice?.views).toHaveLength(briefSec * 4);
    }
  });

  it('draw at 1280×720 what they draw at 256×144', () => {
    const large = film(planTown(8, 'train', 2, knobsOf('easy', { widthPx: 1280, heightPx: 720, scenes: 3, sceneSec: 1, fps: 1, briefSec: 1 })));
    const small = film(planTown(8, 'train', 2, knobsOf('easy', { scenes: 3, sceneSec: 1, fps: 1, briefSec: 1 })));
    expect([...large.frames].every((frame) => frame.length === 1280 * 720 * 1.5)).toBe(true);
    for (const _frame of small.frames);
    const boxes = (scenes: TownTruth['scenes']): readonly (readonly number[])[] =>
      scenes.flatMap((scene) => scene.texts.flatMap((text) => text.views.map((view) => view.box01)));
    const [one, other] = [boxes(large.scenes), boxes(small.scenes)];
    expect(one).toHaveLength(other.length);
    for (const [at, box] of one.entries())
      for (const [side, value] of box.entries()) expect(Math.abs(value - (other[at]?.[side] ?? 9))).toBeLessThan(0.03);
  });
}); // prettier-ignore

interface Pictures {
  /** Their luma. */
  readonly frames: readonly Uint8Array[];
  readonly scenes: TownTruth['scenes'];
}

function* clearViews(truth: TownTruth): Iterable<{ text: TruthText; view: View; frame: number }> {
  for (const scene of truth.scenes)
    for (const text of scene.texts)
      for (const view of text.views)
        if (view.clear01 >= 0.98) yield { text, view, frame: Math.round(view.sec * truth.fps) };
}

function lumaAt({ data, widthPx }: Picture, x: number, y: number): number {
  const at = (y * widthPx + x) * 3;
  return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
}

/** From the darkest twentieth to the brightest twentieth of a region, in levels. */
function rangeIn(picture: Picture, { x, y, w, h }: Region): number {
  const lumas: number[] = [];
  for (let row = y; row < y + h; row++)
    for (let column = x; column < x + w; column++) lumas.push(lumaAt(picture, column, row));
  lumas.sort((a, b) => a - b);
  const at = (share: number): number => lumas[Math.floor(share * (lumas.length - 1))] ?? 0;
  return at(0.95) - at(0.05);
}

/** Mean step from a pixel to its right neighbour. */
function edges(picture: Picture, { x, y, w, h }: Region): number {
  let sum = 0;
  for (let row = y; row < y + h; row++)
    for (let column = x; column < x + w - 1; column++)
      sum += Math.abs(lumaAt(picture, column, row) - lumaAt(picture, column + 1, row));
  return sum / (w * h);
}

function distance(one: Uint8Array | undefined, other: Uint8Array | undefined): number {
  if (one === undefined || other === undefined) throw new Error('no frame');
  return one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length;
}

function sharp(frame: Uint8Array | undefined): number {
  if (frame === undefined) throw new Error('no frame');
  return frame.reduce((sum, value, at) => sum + Math.abs(value - (frame[at + 1] ?? value)), 0);
}
