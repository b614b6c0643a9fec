import { createRequire } from 'node:module';
import path from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { createWorker, PSM } from 'tesseract.js';
import type { Picture } from '../../../activities/ports.js';
import type { Region } from '../../tools/resample.js';

export interface Reader {
  /** What Tesseract reads in a region, shrunk to `size` first where one is given, then enlarged to a height that it likes. */
  read(picture: Picture, region: Region, size?: { widthPx: number; heightPx: number }): Promise<string>;
  end(): Promise<unknown>;
}

/** Tesseract from the packages alone; `line` takes a region for a single line, `page` for anything. */
export async function openReader(mode: 'line' | 'page'): Promise<Reader> {
  const require = createRequire(import.meta.url);
  const data = path.dirname(require.resolve('@tesseract.js-data/eng/package.json'));
  const worker = await createWorker('eng', 1, {
    langPath: path.join(data, '4.0.0_best_int'),
    gzip: true,
    cacheMethod: 'none',
  });
  await worker.setParameters({
    // It says much on stderr about pictures that have no text.
    debug_file: '/dev/null',
    tessedit_pageseg_mode: mode === 'line' ? PSM.SINGLE_LINE : PSM.SPARSE_TEXT,
  });
  return {
    read: async (picture, region, size) => {
      const { data: found } = await worker.recognize(enlarged(picture, region, size));
      return found.text.trim();
    },
    end: () => worker.terminate(),
  };
}

/** As two texts are compared that one of them was read: letters and digits alone, no accents. */
export function plainText(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

function enlarged(
  picture: Picture,
  { x, y, w, h }: Region,
  size?: { widthPx: number; heightPx: number },
): Buffer {
  const { widthPx, heightPx, data } = picture;
  const whole = createCanvas(widthPx, heightPx);
  const image = whole.getContext('2d').createImageData(widthPx, heightPx);
  for (let at = 0; at < widthPx * heightPx; at++) {
    const colours = [...data.subarray(at * 3, at * 3 + 3), 255];
    image.data.set(colours, at * 4);
  }
  whole.getContext('2d').putImageData(image, 0, 0);
  const seen = createCanvas(size?.widthPx ?? w, size?.heightPx ?? h);
  const small = seen.getContext('2d');
  small.imageSmoothingQuality = 'high';
  small.drawImage(whole, x, y, w, h, 0, 0, seen.width, seen.height);
  const factor = Math.max(1, Math.min(4, 1600 / seen.width));
  const out = createCanvas(Math.round(seen.width * factor), Math.round((seen.width * factor * h) / w));
  const ctx = out.getContext('2d');
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(seen, 0, 0, out.width, out.height);
  return out.toBuffer('image/png');
}
