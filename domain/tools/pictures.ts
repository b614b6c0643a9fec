import type { PictureSpec } from './contract.js';

/**
 * Sizes at which the small world's pictures reach the embedded policy. At 32×18 a plate is a shape and no
 * text can be read; at 108×54 marks, symbols and dots can be told apart; a crop shows text at native
 * resolution, enlarged by at most a quarter.
 */
export const DEFAULT_PICTURES: PictureSpec = {
  fps: 1,
  frames: 8,
  overview: { widthPx: 32, heightPx: 18 },
  clip: { widthPx: 108, heightPx: 54 },
  crop: { widthPx: 108, heightPx: 32, maxScale: 1.25 },
};
