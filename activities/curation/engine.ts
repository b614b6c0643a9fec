import type { OcrEngineName } from '../../domain/curation/settings.js';
import type { OcrEngine, OcrEngines } from './ports.js';

/** The engine that reads pictures. Side files say what stands in a video, but cannot read a crop: checking needs an engine. */
export function engineFor(engines: OcrEngines, name: OcrEngineName): Promise<OcrEngine> {
  return engines(name === 'side-files' ? 'auto' : name);
}

/** Factor by which a whole frame is enlarged for reading. */
export function frameScale(heightPx: number, enlargeBelowPx: number): number {
  return heightPx >= enlargeBelowPx ? 1 : Math.min(4, Math.ceil(enlargeBelowPx / heightPx));
}

/** Letters of about this height are read best. */
const CROP_HEIGHT_PX = 48;

/** The same for a crop, which is little higher than its text. */
export function cropScale(heightPx: number): number {
  return Math.min(4, Math.max(1, CROP_HEIGHT_PX / heightPx));
}

/** Rim around pictures for reading, in pixels. */
export const RIM_PX = { frame: 0, crop: 16 } as const;
