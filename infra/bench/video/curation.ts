import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import type { OcrEngineName } from '../../../domain/curation/settings.js';
import { readVideo } from '../../../activities/curation/read-text.js';
import { parseCuration } from '../../../configs/load-curation.js';
import { ocrEngines } from '../../ocr/resolve.js';
import { resolveVideo } from '../../video/resolve.js';

/** How fast text is read from video, sampled at one frame a second. */
export interface CurationSpeed {
  readonly engine: string;
  readonly layout: string;
  /** Seconds of 1280 × 720 video; every second shows another page of text. */
  readonly videoSec: number;
  readonly framesRead: number;
  readonly words: number;
  readonly wallSec: number;
  /** videoSec / wallSec: 1 is as fast as the video plays. */
  readonly timesRealTime: number;
}

const WIDTH_PX = 1280;
const HEIGHT_PX = 720;
const FPS = 2;

/** Measures one engine, its start included, on pages of about 60 words that differ in every second. */
export async function measureCuration(
  name: Exclude<OcrEngineName, 'side-files'>,
  { videoSec = 30, layout = 'sparse' }: { videoSec?: number; layout?: 'sparse' | 'block' | 'both' } = {},
): Promise<CurationSpeed> {
  const dir = await mkdtemp(join(tmpdir(), 'ruminate-curation-bench-'));
  const ocr = ocrEngines();
  try {
    const { reader, writer } = await resolveVideo();
    const file = join(dir, 'pages.mp4');
    const frames = pages(videoSec);
    await writer.write(file, {
      fps: FPS,
      widthPx: WIDTH_PX,
      heightPx: HEIGHT_PX,
      channels: 4,
      crf: 23,
      frames,
    });
    const defaults = parseCuration('', 'the defaults');
    const engine = await ocr.engines(name);
    const begun = performance.now();
    const settings = { ...defaults, ocr: { ...defaults.ocr, layout } };
    const text = await readVideo({ reader }, settings, 'pages.mp4', { file, side: null, engine });
    const wallSec = (performance.now() - begun) / 1000;
    return {
      engine: engine.version,
      layout,
      videoSec,
      framesRead: text.framesRead,
      words: text.frames.reduce((sum, { words }) => sum + words.length, 0),
      wallSec,
      timesRealTime: videoSec / wallSec,
    };
  } finally {
    await ocr.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** RGBA frames: twelve lines of a timetable, another one each second. */
function* pages(seconds: number): Generator<Uint8Array> {
  const canvas = createCanvas(WIDTH_PX, HEIGHT_PX);
  const context = canvas.getContext('2d');
  for (let sec = 0; sec < seconds; sec++) {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
    context.fillStyle = '#111';
    context.font = '24px sans-serif';
    for (let row = 0; row < 12; row++) {
      const number = sec * 12 + row;
      const cells = [
        `${10 + (number % 14)}:${10 + (number % 50)}`,
        `Station ${number}`,
        `NX ${4000 + number * 7}`,
        'On time',
      ];
      cells.forEach((cell, i) => context.fillText(cell, 40 + i * 300, 60 + row * 54));
    }
    const data = new Uint8Array(context.getImageData(0, 0, WIDTH_PX, HEIGHT_PX).data);
    for (let i = 0; i < FPS; i++) yield data;
  }
}
