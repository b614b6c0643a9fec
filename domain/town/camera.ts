import type { RandomStream } from '../seeds.js';
import type { Knobs } from './knobs.js';

/** Where the camera stands in one encoded frame. A point p of the scene (px from its middle) is at zoom·R(tilt)·p + (x, y). */
export interface Pose {
  /** Shift of the picture, in shares of the frame's height. */
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly tiltRad: number;
  /** Way of the picture during the exposure, in shares of the frame's height. */
  readonly smearX: number;
  readonly smearY: number;
  /** Standard deviation of the defocus, in shares of the frame's height. */
  readonly blur: number;
  /** Change of brightness, in levels. */
  readonly flicker: number;
}

/** The camera's path through a scene: a pan and a zoom that ease in and out, a shake on top, a focus that settles. */
export function drawPath(random: RandomStream, knobs: Knobs): readonly Pose[] {
  const frames = knobs.fps * knobs.sceneSec;
  const aspect = knobs.widthPx / knobs.heightPx;
  const direction = random.float() * 2 * Math.PI;
  const way = (knobs.panPct / 100) * aspect * (0.5 + random.float() / 2);
  const tilt = ((knobs.tiltDeg * Math.PI) / 180) * (2 * random.float() - 1);
  const zoomsIn = random.float() < 0.5;
  const shake = (knobs.shakePct / 100) * 0.5;
  const at = (share: number): { x: number; y: number; zoom: number } => {
    const eased = share * share * (3 - 2 * share);
    return {
      x: Math.cos(direction) * way * (eased - 0.5),
      y: Math.sin(direction) * way * (eased - 0.5) * 0.6,
      zoom: 1 + (knobs.zoomPct / 100) * (zoomsIn ? eased : 1 - eased),
    };
  };
  const phase = random.float() * 7;
  return Array.from({ length: frames }, (_, frame) => {
    const sec = frame / knobs.fps;
    const pose = at(frame / Math.max(1, frames - 1));
    const after = at(Math.min(1, (frame + 0.05) / Math.max(1, frames - 1)));
    const exposure = (knobs.shutterMs / 1000) * knobs.fps * 20;
    return {
      x: pose.x + shake * Math.sin(sec * 9 + phase) + (shake / 2) * random.normal() * 0.5,
      y: pose.y + shake * Math.cos(sec * 7 + phase) + (shake / 2) * random.normal() * 0.5,
      zoom: pose.zoom,
      tiltRad: tilt * (1 + 0.3 * Math.sin(sec * 2 + phase)),
      smearX: (after.x - pose.x) * exposure + (shake * knobs.shutterMs) / 60,
      smearY: (after.y - pose.y) * exposure,
      blur: (knobs.blurPct / 100) * (1 + 2 * Math.exp(-sec / 0.3)),
      flicker: frame === 0 ? 0 : Math.round(random.normal() * (knobs.shadePct / 20)),
    };
  });
}
