import { createRequire } from 'node:module';
import path from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { createWorker, PSM } from 'tesseract.js';
import type { Picture } from '../../activities/ports.js';
import type { Region } from '../../infra/tools/resample.js';

/** Reads single lines by Tesseract, from the packages alone. */
export async function lineReader(): Promise<{
  read: (picture: Picture, region: Region) => Promise<string>;
  end: () => Promise<unknown>;
}> {
  const data = path.dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json'));
  const worker = await createWorker('eng', 1, {
    langPath: path.join(data, '4.0.0_best_int'),
    gzip: true,
    cacheMethod: 'none',
  });
  await worker.setParameters({ tessedit_pageseg_mode: PSM.SINGLE_LINE });
  return {
    read: async (picture, region) => {
      const { data: found } = await worker.recognize(enlarged(picture, region));
      return found.text.trim();
    },
    end: () => worker.terminate(),
  };
}

/** A region with some margin, four times as large, as a PNG. */
function enlarged({ widthPx, heightPx, data }: Picture, { x, y, w, h }: Region): Buffer {
  const whole = createCanvas(widthPx, heightPx);
  const image = whole.getContext('2d').createImageData(widthPx, heightPx);
  for (let at = 0; at < widthPx * heightPx; at++) {
    const colours = [...data.subarray(at * 3, at * 3 + 3), 255];
    image.data.set(colours, at * 4);
  }
  whole.getContext('2d').putImageData(image, 0, 0);
  const rim = 3;
  const out = createCanvas((w + 2 * rim) * 4, (h + 2 * rim) * 4);
  const ctx = out.getContext('2d');
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(whole, x - rim, y - rim, w + 2 * rim, h + 2 * rim, 0, 0, out.width, out.height);
  return out.toBuffer('image/png');
}
