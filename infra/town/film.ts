import { boxThrough, clearShare, clipped, overlap } from '../../domain/town/geometry.js';
import type { BoxPx } from '../../domain/town/geometry.js';
import { townLayoutName } from '../../domain/town/layout.js';
import type { ScenePlan, TownPlan } from '../../domain/town/plan.js';
import type { TownScene, TruthText, View } from '../../domain/town/records.js';
import { blur } from './blur.js';
import { lay } from './cel.js';
import type { Darkroom } from './darkroom.js';
import { giveBack, takeDarkroom } from './darkroom.js';
import { average, develop, lumaGrain } from './frame.js';
import type { Frame } from './frame.js';
import type { Layer, Scroll } from './graphics.js';
import { newsGraphics, noticeCard } from './graphics.js';
import { drawPasser } from './passer.js';
import type { DrawnText } from './pen.js';
import type { Sheet } from './sheet.js';
import { drawSheet } from './sheet.js';
import { warpChroma, warpLuma } from './warp.js';

/** A video that is drawn as it is read: `scenes` holds the truth about what has been read so far. */
export interface Film {
  /** Planar YUV 4:2:0 in video range, `widthPx × heightPx`; each is overwritten by the next. */
  readonly frames: Iterable<Uint8Array>;
  readonly scenes: readonly TownScene[];
}

export function film(plan: TownPlan): Film {
  const scenes: TownScene[] = [];
  return {
    scenes,
    frames: (function* () {
      const room = takeDarkroom(plan.knobs.widthPx, plan.knobs.heightPx);
      try {
        for (const [index, scene] of plan.scenes.entries()) {
          const shot = new Shot(plan, scene, index, room);
          scenes.push(shot.truth());
          yield* shot.frames();
        }
      } finally {
        giveBack(room);
      }
    })(),
  };
}

const IDENTITY = { x: 0, y: 0, zoom: 1, tiltRad: 0, smearX: 0, smearY: 0, blur: 0, flicker: 0 };

/** One scene: what is drawn once, and what the camera makes of it in each frame. */
class Shot {
  readonly #sheet: Sheet;
  readonly #still: Layer | null;
  readonly #scroll: Scroll | null;
  readonly #notice: Layer | null;
  readonly #passer: ReturnType<typeof drawPasser>;
  readonly #plan: TownPlan;
  readonly #scene: ScenePlan;
  readonly #index: number;
  readonly #room: Darkroom;

  constructor(plan: TownPlan, scene: ScenePlan, index: number, room: Darkroom) {
    this.#plan = plan;
    this.#scene = scene;
    this.#index = index;
    this.#room = room;
    const news = scene.kind === 'news ticker' ? newsGraphics(plan, scene) : null;
    this.#still = news?.still ?? null;
    this.#scroll = news?.scroll ?? null;
    this.#notice = noticeCard(plan, scene);
    this.#passer = drawPasser(plan, scene);
    this.#sheet = drawSheet(plan, scene, room);
  }

  *frames(): Iterable<Uint8Array> {
    const { heightPx, noise, fps, sceneSec, blurPct } = this.#plan.knobs;
    const sharpest = blurPct / 100;
    const { planes, scale } = this.#sheet;
    const { frame, second, bytes } = this.#room;
    const grain = lumaGrain(Math.round(noise));
    for (const [index, pose] of this.#scene.path.entries()) {
      const smearPx = Math.hypot(pose.smearX, pose.smearY) * heightPx;
      const at = (share: number): { x: number; y: number } => ({
        x: pose.smearX * share,
        y: pose.smearY * share,
      });
      warpLuma(planes, pose, at(smearPx > 0.6 ? -0.25 : 0), scale, frame);
      if (smearPx > 0.6) {
        warpLuma(planes, pose, at(0.25), scale, second);
        average(frame.luma, second.luma);
      }
      // Colours have half the resolution: the middle of the exposure does for them.
      warpChroma(planes, pose, scale, frame);
      const passed = this.#passer?.at[index];
      if (this.#passer !== null && passed !== undefined)
        lay(frame, this.#passer.cel, passed.xPx, this.#passer.yPx);
      // The rest of the smear is taken for a blur: four exposures would cost twice as much.
      const defocus = Math.sqrt(Math.max(0, pose.blur ** 2 - sharpest ** 2)) * heightPx;
      blur(frame, Math.hypot(defocus, smearPx > 1.5 ? smearPx * 0.15 : 0));
      this.#layGraphics(frame, index);
      develop(frame, grain, pose.flicker, (this.#index * fps * sceneSec + index) * 7919, bytes);
      yield bytes;
    }
  }

  #layGraphics(picture: Frame, frame: number): void {
    if (this.#still !== null) lay(picture, this.#still.cel, this.#still.xPx, this.#still.yPx);
    const scroll = this.#scroll;
    if (scroll !== null)
      lay(
        picture,
        scroll.cel,
        (scroll.leftPx[frame] ?? 0) + scroll.xPx,
        scroll.yPx,
        scroll.fromPx,
        scroll.toPx,
      );
    if (this.#notice !== null && this.#noticed(frame))
      lay(picture, this.#notice.cel, this.#notice.xPx, this.#notice.yPx);
  }

  #noticed(frame: number): boolean {
    const { notice } = this.#scene;
    const sec = frame / this.#plan.knobs.fps;
    return notice !== null && sec >= notice.startSec && sec < notice.endSec;
  }

  truth(): TownScene {
    const { sceneSec } = this.#plan.knobs;
    const cards = this.#scene.path.map((_, frame) => this.#card(frame));
    const covers = cards.map((card, frame): readonly BoxPx[] => [
      ...(this.#passer === null ? [] : [this.#passer.at[frame]?.cover ?? ([0, 0, 0, 0] as const)]),
      ...(this.#still === null ? [] : [this.#still.cover]),
      ...card,
    ]);
    const texts = [
      ...this.#sheet.texts.map((text) => this.#followed(text, covers, true)),
      ...(this.#still?.texts ?? []).map((text) => this.#followed(text, cards, false)),
      ...(this.#scroll?.texts ?? []).map((text) => this.#scrolled(text)),
      ...(this.#notice?.texts ?? []).map((text) => this.#followed(text, [], false, true)),
    ];
    return {
      kind: this.#scene.kind,
      layout: townLayoutName(this.#scene.layout),
      startSec: this.#index * sceneSec,
      endSec: (this.#index + 1) * sceneSec,
      texts: numbered(this.#index, texts),
    };
  }

  #card(frame: number): readonly BoxPx[] {
    return this.#notice !== null && this.#noticed(frame) ? [this.#notice.cover] : [];
  }

  #followed(
    text: DrawnText,
    covers: readonly (readonly BoxPx[])[],
    moves: boolean,
    brief = false,
  ): Omit<TruthText, 'id'> {
    const { knobs } = this.#plan;
    const views: View[] = [];
    for (const [frame, pose] of this.#scene.path.entries()) {
      if (brief && !this.#noticed(frame)) continue;
      const box = boxThrough(moves ? pose : IDENTITY, text.quad, knobs);
      const clear01 = clearShare(box, knobs, covers[frame] ?? []);
      const box01 = clipped(box, knobs);
      if (box01 !== null && clear01 !== 0) views.push({ sec: this.#secOf(frame), box01, clear01 });
    }
    return truthOf(text, views);
  }

  /** The part of the message that its window shows, frame by frame. */
  #scrolled(text: DrawnText): Omit<TruthText, 'id'> {
    const { knobs } = this.#plan;
    const scroll = this.#scroll;
    if (scroll === null) throw new Error('no message scrolls here');
    const [x1, y1, x2, y2] = boxThrough(IDENTITY, text.quad, knobs);
    const views = scroll.leftPx.flatMap((left, frame): View[] => {
      const box: BoxPx = [x1 + left, y1, x2 + left, y2];
      const shown = overlap(box, [scroll.fromPx, 0, scroll.toPx, knobs.heightPx]);
      const clear01 = clearShare(shown, knobs, this.#card(frame));
      const box01 = clipped(shown, knobs);
      if (box01 === null || clear01 === 0) return [];
      const share = (x: number): number => Math.round(((x - box[0]) / (x2 - x1)) * 1000) / 1000;
      return [{ sec: this.#secOf(frame), box01, clear01, span01: [share(shown[0]), share(shown[2])] }];
    });
    return truthOf(text, views);
  }

  #secOf(frame: number): number {
    const { fps, sceneSec } = this.#plan.knobs;
    return Math.round((this.#index * sceneSec + frame / fps) * 1e6) / 1e6;
  }
}

function truthOf({ field, capPx, words }: DrawnText, views: readonly View[]): Omit<TruthText, 'id'> {
  const { role, row, text, mark } = field;
  return { role, row, text, mark, capPx, words, views };
}

/** Ids that say what a text is; captions, which may repeat, are numbered. */
function numbered(scene: number, texts: readonly Omit<TruthText, 'id'>[]): readonly TruthText[] {
  let captions = 0;
  return texts.map((text) => {
    const place = text.role === 'caption' ? captions++ : text.row;
    return { id: [scene, text.role, place].filter((part) => part !== null).join('.'), ...text };
  });
}
