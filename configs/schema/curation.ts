import { z } from 'zod';
import { natural, share, strict } from './values.js';

const bound = (widthPx: number, heightPx: number) => ({
  widthPx: z.int().min(16).max(8192).default(widthPx), // ours
  heightPx: z.int().min(16).max(8192).default(heightPx), // ours
});

/** What `configs/curation.yaml` may say; every key has a default. All defaults are ours: the paper gives none. */
export const curationFile = strict({
  fps: z.number().positive().max(30).default(1),
  maxFrames: z.int().min(1).max(100_000).default(3_600),
  ocr: strict({
    engine: z.enum(['auto', 'tesseract', 'tesseract-js', 'side-files']).default('auto'),
    layout: z.enum(['sparse', 'block', 'both']).default('sparse'),
    enlargeBelowPx: z.int().min(0).max(4_096).default(540),
    sameWithin: z.number().min(0).max(255).default(6),
  }).prefault({}),
  matching: strict({
    similarity: share.default(0.85),
    rivalMargin: share.default(0.05),
    minCharacters: z.int().min(1).max(100).default(2),
    minConfidence: share.default(0.3),
    maxGapFrames: natural.max(1_000).default(2),
    sameBox: share.default(0.3),
  }).prefault({}),
  pictures: strict({
    overview: strict({ ...bound(160, 90), frames: z.int().min(1).max(512).default(32) }).prefault({}),
    clip: strict(bound(448, 252)).prefault({}),
    crop: strict(bound(1280, 720)).prefault({}),
  }).prefault({}),
  synthesis: strict({
    seed: natural.default(7),
    styles: z
      .array(z.enum(['drp', 'crp']))
      .min(1)
      .default(['drp', 'crp']),
    maxLooks: z.int().min(1).max(6).default(4),
    recoverShare: share.default(0.2),
    margin: z.number().min(0).max(10).default(0.15),
    legibleHeightPx: z.number().positive().max(1_000).default(10),
  }).prefault({}),
  check: strict({
    similarity: share.default(0.85),
    minConfidence: share.default(0),
  }).prefault({}),
  failures: strict({
    maxShare: share.default(0.2),
    atLeast: z.int().min(1).max(1_000_000).default(5),
  }).prefault({}),
  videosInFlight: z.int().min(1).max(32).default(2),
});
