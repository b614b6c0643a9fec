import type { RandomStream } from '../seeds.js';
import { stream } from '../seeds.js';
import { drawLayout } from './layout.js';
import type { Split } from './records.js';
import type { Scene, SceneLayout, SceneLook, Tone, VideoPlan } from './scene.js';
import { VIDEO_FPS } from './scene.js';
import { drawTexts } from './texts.js';
import type { Kind, Mark } from './vocabulary.js';
import { KINDS, MARKS } from './vocabulary.js';

/** Dots that a scene shows at most. */
const MOST_DOTS = 4;

/** Texts that a scene of each kind holds. */
const ROWS_OF: Readonly<Record<Kind, number>> = {
  sign: 1,
  poster: 1,
  phone: 1,
  ticket: 1,
  slide: 2,
  board: 3,
  menu: 2,
  panel: 1,
};

/**
 * Video `index` of a world: the eight kinds in random order, drawn from streams named by seed, split and
 * index alone, so that any video can be made again by itself.
 */
export function planVideo(seed: number, split: Split, index: number): VideoPlan {
  const random = stream('world', seed, split, index, 'scenes');
  const kinds = random.shuffle(KINDS);
  const texts = drawTexts(
    random,
    split,
    kinds.reduce((sum, kind) => sum + ROWS_OF[kind], 0),
  );
  let used = 0;
  const scenes = kinds.map((kind) => {
    const own = texts.slice(used, used + ROWS_OF[kind]);
    used += own.length;
    return drawScene(random, drawLayout(random, kind, split), own);
  });
  return { scenes, crf: random.int(20, 29) };
}

function drawScene(random: RandomStream, layout: SceneLayout, texts: readonly string[]): Scene {
  const marks = random.shuffle(MARKS);
  const showsSymbol = layout.symbolAt !== null && (layout.dotPlaces.length === 0 || random.float() < 0.5);
  const symbol: Mark | null = showsSymbol ? random.pick(MARKS) : null;
  const dots = showsSymbol ? [] : random.shuffle(layout.dotPlaces).slice(0, random.int(1, MOST_DOTS + 1));
  return {
    layout,
    texts,
    marks: layout.rows.map((row, index) => (row.markAt === null ? null : (marks[index] ?? null))),
    symbol,
    dots,
    look: drawLook(random, layout.kind),
  };
}

/**
 * Brightness by kind (silhouettes are also told apart by it), hue and strength at random. Plate against
 * body and ink against plate always differ by at least 80 levels: without a plate nobody finds a text in a
 * thumbnail.
 */
function drawLook(random: RandomStream, kind: Kind): SceneLook {
  const tone = (low: number, high: number): Tone => ({
    luma: random.int(low, high),
    hueRad: random.float() * 2 * Math.PI,
    chroma: random.int(4, 26),
  });
  const dark = (): Tone => tone(14, 62);
  const light = (): Tone => tone(190, 242);
  const lightBody = kind === 'poster' || kind === 'slide' || kind === 'menu' || kind === 'phone';
  const plateDark = lightBody || ((kind === 'sign' || kind === 'ticket') && random.float() < 0.5);
  const backdrop = backdropTones(kind, plateDark, tone);
  return {
    backdrop: {
      style: random.pick(['gradient', 'stripes', 'discs', 'blocks']),
      ...backdrop,
      angleRad: random.float() * 2 * Math.PI,
      texture: random.int(0, 2 ** 30),
    },
    body: bodyTone(kind, tone),
    trim: plateDark ? light() : dark(),
    plate: plateDark ? dark() : light(),
    ink: plateDark ? tone(170, 250) : tone(8, 80),
    accent: lightBody ? tone(10, 60) : tone(200, 245),
    noise: random.int(1, 5),
    flicker: Array.from({ length: VIDEO_FPS }, (_, frame) => (frame === 0 ? 0 : random.int(-4, 5))),
    pan: drawPan(random),
  };
}

type DrawTone = (low: number, high: number) => Tone;

function bodyTone(kind: Kind, tone: DrawTone): Tone {
  switch (kind) {
    case 'poster':
    case 'slide':
    case 'menu':
      return tone(185, 236);
    case 'phone':
      return tone(150, 190);
    case 'ticket':
    case 'sign':
      return tone(118, 138);
    case 'board':
      return tone(24, 60);
    case 'panel':
      return tone(45, 85);
    default:
      return kind satisfies never;
  }
}

/** Bright behind dark furniture, dark behind light: a sign's pole and rim are of the tone its plate is not. */
function backdropTones(kind: Kind, plateDark: boolean, tone: DrawTone): { from: Tone; to: Tone } {
  const bright = kind === 'phone' || kind === 'board' || kind === 'panel' || (kind === 'sign' && !plateDark);
  return bright ? { from: tone(140, 215), to: tone(110, 190) } : { from: tone(50, 115), to: tone(30, 100) };
}

/** A slow pan: 1 to 3 px from the first encoded frame of the scene to its last. Adding 0 turns −0 into 0. */
function drawPan(random: RandomStream): SceneLook['pan'] {
  const distancePx = random.int(1, 4);
  const direction = random.float() * 2 * Math.PI;
  return Array.from({ length: VIDEO_FPS }, (_, frame) => ({
    x: Math.round((Math.cos(direction) * distancePx * frame) / (VIDEO_FPS - 1)) + 0,
    y: Math.round((Math.sin(direction) * distancePx * frame) / (VIDEO_FPS - 1)) + 0,
  }));
}
