import type { RandomStream } from '../seeds.js';
import { stream } from '../seeds.js';
import type { Split } from '../world/records.js';
import type { Pose } from './camera.js';
import { drawPath } from './camera.js';
import type { Field } from './contents.js';
import { fieldsOf, noticeFields } from './contents.js';
import type { Kind } from './kinds.js';
import { KINDS } from './kinds.js';
import type { Knobs } from './knobs.js';
import { lookFpsOf } from './knobs.js';
import type { TownLayout } from './layout.js';
import { drawTownLayout } from './layout.js';
import { TextDrawer } from './texts.js';

/** Scenes are drawn on a sheet of this height, as wide as the frame's aspect asks for. */
export const SHEET_H = 144;

/** Something that passes in front of a scene. Lengths in shares of the frame's height. */
export interface Passer {
  readonly shape: 'person' | 'pole' | 'car';
  readonly width: number;
  /** Middle at the start and at the end of the scene; it moves evenly. */
  readonly fromX: number;
  readonly toX: number;
}

/** A brief notice that is laid over the picture. */
export interface Notice {
  readonly fields: readonly Field[];
  readonly startSec: number;
  readonly endSec: number;
  /** 0 top, 1 bottom. */
  readonly low: boolean;
}

export interface ScenePlan {
  readonly kind: Kind;
  readonly layout: TownLayout;
  readonly fields: readonly Field[];
  /** Height of a capital of its smallest texts, in units of the sheet. */
  readonly cap: number;
  /** Seed of what is neither text nor layout: colours, textures. */
  readonly texture: number;
  /** A pose for each encoded frame. */
  readonly path: readonly Pose[];
  readonly passer: Passer | null;
  readonly notice: Notice | null;
}

/** A whole video before it is drawn; nothing random is left. */
export interface TownPlan {
  readonly knobs: Knobs;
  readonly scenes: readonly ScenePlan[];
  readonly crf: number;
}

/** Video `index` of a town, from streams named by seed, split and index alone: any video can be made by itself. */
export function planTown(seed: number, split: Split, index: number, knobs: Knobs): TownPlan {
  const random = stream('town', seed, split, index, 'scenes');
  const texts = new TextDrawer(random, split);
  const kinds = random.shuffle(KINDS).slice(0, knobs.scenes);
  const noticed = random.int(0, kinds.length);
  const cap = (knobs.textPct / 100) * SHEET_H;
  const aspect = knobs.widthPx / knobs.heightPx;
  const room = {
    lines: Math.floor((SHEET_H * 0.82) / (cap * 1.95)),
    characters: Math.floor((SHEET_H * aspect * 0.8) / (cap * 0.86)),
    clutter: knobs.clutter,
  };
  const scenes = kinds.map((kind, at) => ({
    kind,
    layout: drawTownLayout(random, kind, split),
    fields: fieldsOf(kind, random, texts, room),
    cap,
    texture: random.int(0, 2 ** 30),
    path: drawPath(random, knobs),
    passer: drawPasser(random, kind, knobs, aspect),
    notice: at === noticed ? drawNotice(random, texts, knobs) : null,
  }));
  return { knobs, scenes, crf: Math.min(51, Math.max(1, knobs.crf + random.int(-3, 4))) };
}

/** Cars drive in the street alone. */
function drawPasser(random: RandomStream, kind: Kind, knobs: Knobs, aspect: number): Passer | null {
  const shape = random.pick(
    kind === 'night street' ? (['person', 'car'] as const) : (['person', 'pole'] as const),
  );
  const leftwards = random.float() < 0.5;
  const reach = aspect / 2 + 0.3;
  const width = { person: 0.3, pole: 0.09, car: 0.55 }[shape] * (0.8 + 0.4 * random.float());
  if (random.float() * 100 >= knobs.occludedPct) return null;
  return { shape, width, fromX: leftwards ? reach : -reach, toX: leftwards ? -reach : reach };
}

/** Starts so that a frame sampled at the town's look rate shows it. */
function drawNotice(random: RandomStream, texts: TextDrawer, knobs: Knobs): Notice {
  const lookFps = lookFpsOf(knobs);
  const fields = noticeFields(random, texts);
  const looks = Math.floor(knobs.sceneSec * lookFps);
  const lastStart = knobs.sceneSec - knobs.briefSec;
  const look = random.int(0, looks) / lookFps;
  const startSec = Math.floor(Math.min(lastStart, look) * knobs.fps) / knobs.fps;
  return { fields, startSec, endSec: startSec + knobs.briefSec, low: random.float() < 0.5 };
}
