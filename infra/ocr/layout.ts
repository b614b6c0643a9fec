import type { OcrLayout } from '../../domain/curation/settings.js';

/** Tesseract's page segmentation modes. */
export const PAGE_SEGMENTATION: Readonly<Record<OcrLayout, string>> = { sparse: '11', block: '6' };
