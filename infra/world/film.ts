import type { TruthScene } from '../../domain/world/records.js';
import type { SceneLook, VideoPlan } from '../../domain/world/scene.js';
import { HEIGHT_PX, VIDEO_FPS, WIDTH_PX } from '../../domain/world/scene.js';
import { grainOf } from '../making/grain.js';
import { drawScene, RIM_PX } from './render.js';

const STRIDE_PX = WIDTH_PX + 2 * RIM_PX;

/**
 * Every encoded frame of a video in order (RGBA, `WIDTH_PX × HEIGHT_PX`), and the truth about its scenes.
 * Each scene is drawn once; pan, flicker and noise make the frames of its second.
 */
export function film(plan: VideoPlan): { truth: readonly TruthScene[]; frames: Iterable<Uint8Array> } {
  const drawn = plan.scenes.map((scene, index) => ({ ...drawScene(scene, index + 1), look: scene.look }));
  return {
    truth: drawn.map((scene) => scene.truth),
    frames: (function* () {
      for (const [index, scene] of drawn.entries()) {
        for (let frame = 0; frame < VIDEO_FPS; frame++) {
          yield shoot(scene.rgba, scene.look, frame, index * VIDEO_FPS + frame);
        }
      }
    })(),
  };
}

/** One frame: the window moved by the pan, brighter or darker as a whole, each pixel with its noise. */
function shoot(rgba: Uint8Array, look: SceneLook, frame: number, offset: number): Uint8Array {
  const pan = look.pan[frame] ?? { x: 0, y: 0 };
  const flicker = look.flicker[frame] ?? 0;
  const grain = grainOf(look.noise);
  const out = new Uint8ClampedArray(WIDTH_PX * HEIGHT_PX * 4);
  let to = 0;
  let at = (offset * 7919) % grain.length;
  for (let y = 0; y < HEIGHT_PX; y++) {
    let from = ((y + RIM_PX + pan.y) * STRIDE_PX + RIM_PX + pan.x) * 4;
    for (let x = 0; x < WIDTH_PX; x++) {
      const change = (grain[at] ?? 0) + flicker;
      if (++at === grain.length) at = 0;
      out[to] = (rgba[from] ?? 0) + change;
      out[to + 1] = (rgba[from + 1] ?? 0) + change;
      out[to + 2] = (rgba[from + 2] ?? 0) + change;
      out[to + 3] = 255;
      to += 4;
      from += 4;
    }
  }
  return new Uint8Array(out.buffer);
}
