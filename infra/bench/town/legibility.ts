import type { VideoReader } from '../../../activities/ports.js';
import { DEFAULT_PICTURES } from '../../../domain/tools/pictures.js';
import { stream } from '../../../domain/seeds.js';
import type { QuestionRecord } from '../../../domain/data/records.js';
import type { Box01 } from '../../../domain/world/records.js';
import { regionOf } from '../../tools/region.js';
import type { Reader } from './reading.js';
import { plainText } from './reading.js';

/** Shares of evidence texts that Tesseract reads letter for letter (accents aside) in a frame that shows them. */
export interface Legibility {
  readonly texts: number;
  /** The whole frame at the size of an overview's thumbnail, of a clip, and as it was encoded. */
  readonly overview: number;
  readonly clip: number;
  readonly frame: number;
  /** The evidence box alone, in native pixels. */
  readonly crop: number;
}

/** Measures `count` texts of single regions, drawn at random. */
export async function measureLegibility(
  questions: readonly QuestionRecord[],
  fileOf: (video: string) => string,
  tools: { readonly video: VideoReader; readonly page: Reader; readonly line: Reader; readonly lookFps: number },
  count: number,
): Promise<Legibility> {
  const all = questions.flatMap((question) =>
    ['glance', 'count', 'scroll'].includes(question.task ?? '') ? [] : (question.evidence ?? []).map((evidence) => ({ evidence, question })),
  );
  const drawn = stream('town legibility').shuffle(all).slice(0, count);
  const read = { overview: 0, clip: 0, frame: 0, crop: 0 };
  for (const { evidence, question } of drawn) {
    const index = Math.ceil(evidence.startSec * tools.lookFps - 1e-6) + 1;
    const sec = (index - 1) / tools.lookFps;
    const box = evidence.boxes.filter((one) => one.sec <= sec + 1e-6).at(-1)?.box01 ?? ([0, 0, 1, 1] satisfies Box01);
    const [picture] = await tools.video.frames(fileOf(question.video), { fps: tools.lookFps, indices: [index], channels: 3 });
    if (picture === undefined) throw new Error(`${question.video}: has no frame ${index}`);
    const whole = { x: 0, y: 0, w: picture.widthPx, h: picture.heightPx };
    const wanted = plainText(evidence.text ?? '');
    const shows = async (size?: { widthPx: number; heightPx: number }): Promise<number> =>
      plainText(await tools.page.read(picture, whole, size)).includes(wanted) ? 1 : 0;
    read.overview += await shows(DEFAULT_PICTURES.overview);
    read.clip += await shows(DEFAULT_PICTURES.clip);
    read.frame += await shows();
    const { x, y, w, h } = regionOf(box, picture.widthPx, picture.heightPx);
    const rim = Math.round(h * 0.25);
    const said = await tools.line.read(picture, { x: x - rim, y: y - rim, w: w + 2 * rim, h: h + 2 * rim });
    read.crop += plainText(said) === wanted ? 1 : 0;
  }
  const share = (hits: number): number => hits / drawn.length;
  return { texts: drawn.length, overview: share(read.overview), clip: share(read.clip), frame: share(read.frame), crop: share(read.crop) };
} // prettier-ignore
