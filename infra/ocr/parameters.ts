import type { OcrRequest } from '../../activities/curation/ports.js';

/** A request as Tesseract's parameters: page segmentation mode, and Otsu's threshold once or tile by tile. */
export function parametersOf({ layout, threshold }: OcrRequest): Readonly<Record<string, string>> {
  return {
    tessedit_pageseg_mode: layout === 'sparse' ? '11' : '6',
    thresholding_method: threshold === 'global' ? '0' : '1',
  };
}
