import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { OcrEngine, OcrRequest } from '../../activities/curation/ports.js';
import type { Picture } from '../../activities/ports.js';
import { TesseractCli } from '../../infra/ocr/tesseract-cli.js';
import { TesseractJs } from '../../infra/ocr/tesseract-js.js';

vi.setConfig({ testTimeout: 120_000 });

const fonts = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
GlobalFonts.registerFromPath(join(fonts, 'ttf', 'DejaVuSans.ttf'), 'Suite');

const REQUEST: OcrRequest = { layout: 'sparse', threshold: 'global', scale: 1, rimPx: 0 };

/** Black text on white, grey. */
function picture(lines: readonly string[], sizePx: number, widthPx = 640, heightPx = 240): Picture {
  const canvas = createCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, widthPx, heightPx);
  context.fillStyle = '#000';
  context.font = `${sizePx}px Suite`;
  lines.forEach((line, i) => context.fillText(line, 40, 60 + i * 80));
  const rgba = context.getImageData(0, 0, widthPx, heightPx).data;
  const data = Uint8Array.from({ length: widthPx * heightPx }, (_, i) => rgba[4 * i]!);
  return { widthPx, heightPx, channels: 1, data };
}

const cli = await TesseractCli.find();
const ENGINES: readonly (readonly [string, OcrEngine | null])[] = [
  ['the tesseract program', cli],
  ['tesseract.js', new TesseractJs()],
];

describe.each(ENGINES)('%s', (_, engine) => {
  const skip = engine === null;
  const why = skip ? ' (skipped: tesseract is not installed, or has no English data)' : '';
  afterAll(() => engine?.close());

  it.skipIf(skip)(`reads words where they stand${why}`, async () => {
    const words = await engine!.read(picture(['Departures 14:05', 'Brightwater'], 32), REQUEST);
    expect(words.map(({ text }) => text)).toEqual(['Departures', '14:05', 'Brightwater']);
    const [x1, y1, x2, y2] = words[2]!.box01;
    // Drawn from x = 40 with its baseline at y = 140.
    expect(x1 * 640).toBeGreaterThan(36);
    expect(x1 * 640).toBeLessThan(48);
    expect(y2 * 240).toBeGreaterThan(138);
    expect(y1 * 240).toBeGreaterThan(105);
    expect(x2 * 640).toBeLessThan(280);
    expect(words.every(({ confidence }) => confidence !== null && confidence > 0.5)).toBe(true);
    expect(words[0]!.line).toBe(words[1]!.line);
    expect(words[0]!.line).not.toBe(words[2]!.line);
  });

  it.skipIf(skip)(`gives boxes of the picture itself when it is enlarged and has a rim${why}`, async () => {
    const small = picture(['Brightwater'], 14, 240, 80);
    const words = await engine!.read(small, { ...REQUEST, layout: 'block', scale: 3, rimPx: 16 });
    expect(words.map(({ text }) => text)).toEqual(['Brightwater']);
    const [x1, y1, x2, y2] = words[0]!.box01;
    expect(Math.abs(x1 * 240 - 40)).toBeLessThan(4);
    expect(Math.abs(y2 * 80 - 63)).toBeLessThan(5);
    expect(x1 >= 0 && y1 >= 0 && x2 <= 1 && y2 <= 1).toBe(true);
  });

  it.skipIf(skip)(`finds no words where there are none, and none in one pixel${why}`, async () => {
    expect(await engine!.read(picture([], 20), REQUEST)).toEqual([]);
    const pixel: Picture = { widthPx: 1, heightPx: 1, channels: 1, data: new Uint8Array([7]) };
    expect(await engine!.read(pixel, { ...REQUEST, rimPx: 16 })).toEqual([]);
  });

  it.skipIf(skip)(
    `reads a picture the same whatever was read before and at the same time${why}`,
    async () => {
      const [one, other] = [picture(['Harrowgate £7.45'], 30), picture(['Silverdale', 'NX 4158'], 26)];
      const first = await engine!.read(one, REQUEST);
      const [again] = await Promise.all([
        engine!.read(one, REQUEST),
        engine!.read(other, { ...REQUEST, layout: 'block', threshold: 'adaptive' }),
      ]);
      await engine!.read(other, REQUEST);
      expect(again).toEqual(first);
      expect(await engine!.read(one, REQUEST)).toEqual(first);
      expect(first.length).toBeGreaterThan(0);
    },
  );

  it.skipIf(skip)(
    `stops when it is aborted, before or in the middle, and reads on after that${why}`,
    async () => {
      const shown = picture(['Departures'], 32);
      const reason = new Error('no more of this');
      const aborted = AbortSignal.abort(reason);
      await expect(engine!.read(shown, { ...REQUEST, signal: aborted })).rejects.toBe(reason);
      const stop = new AbortController();
      const reading = engine!.read(shown, { ...REQUEST, scale: 4, signal: stop.signal });
      setTimeout(() => {
        stop.abort(reason);
      }, 5);
      await expect(reading).rejects.toBe(reason);
      expect((await engine!.read(shown, REQUEST)).map(({ text }) => text)).toEqual(['Departures']);
    },
  );

  it.skipIf(skip)(`leaves the event loop alive while it reads${why}`, async () => {
    let beats = 0;
    const timer = setInterval(() => (beats += 1), 5);
    await engine!.read(picture(['Departures', 'Brightwater'], 32), { ...REQUEST, scale: 2 });
    clearInterval(timer);
    expect(beats).toBeGreaterThan(2);
  });

  it.skipIf(skip)(`says its version and data${why}`, () => {
    expect(engine!.version).toMatch(/^tesseract(\.js)? \d.*\(.*eng .*\)$/);
  });
});
