import { mergeWords } from '../../domain/curation/merge.js';
import type { OcrEngineName, OcrLayout } from '../../domain/curation/settings.js';
import type { OcrWord } from '../../domain/data/records.js';
import type { Picture } from '../ports.js';
import type { OcrEngine, OcrEngines, OcrRequest } from './ports.js';

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

/** Reads a picture once, or with both layouts. */
export async function readPicture(
  engine: OcrEngine,
  picture: Picture,
  layout: OcrLayout,
  request: Pick<OcrRequest, 'scale' | 'rimPx' | 'signal'>,
): Promise<readonly OcrWord[]> {
  if (layout !== 'both') return engine.read(picture, { ...request, layout, threshold: 'global' });
  const [sparse, block] = await Promise.all([
    engine.read(picture, { ...request, layout: 'sparse', threshold: 'adaptive' }),
    engine.read(picture, { ...request, layout: 'block', threshold: 'global' }),
  ]);
  return mergeWords(sparse, block);
}
