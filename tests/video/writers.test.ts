import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { yuv420p } from '../../infra/video/luma.js';
import { isWholeMp4 } from '../../infra/video/mp4.js';
import { adaptersHere } from './adapters.js';

const WIDTH_PX = 64;
const HEIGHT_PX = 48;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-writers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(await adaptersHere())('writing through $name', ({ name, reader, writer }) => {
  const file = (base: string): string => path.join(dir, `${name.replaceAll(/\W/g, '')}-${base}.mp4`);
  const grey = { fps: 4, widthPx: WIDTH_PX, heightPx: HEIGHT_PX, channels: 1 as const, crf: 18 };

  it('writes frames that a reader gives back', async () => {
    const levels = [10, 90, 170, 250];
    await writer.write(file('grey'), {
      ...grey,
      frames: levels.flatMap((level) => Array<Uint8Array>(4).fill(flat(level))),
    });
    const indices = levels.map((_, index) => index + 1);
    const pictures = await reader.frames(file('grey'), { fps: 1, indices, channels: 1 });
    const shown = pictures.map((picture) => picture.data[1000] ?? -1);
    shown.forEach((value, index) => expect(Math.abs(value - (levels[index] ?? 0))).toBeLessThanOrEqual(3));
    expect(await reader.probe(file('grey'))).toMatchObject({
      durationSec: 4,
      widthPx: WIDTH_PX,
      heightPx: HEIGHT_PX,
    });
  });

  it('writes colours', async () => {
    const orange = new Uint8Array(WIDTH_PX * HEIGHT_PX * 4).map(
      (_, index) => [200, 120, 40, 255][index % 4] ?? 0,
    );
    await writer.write(file('colour'), { ...grey, channels: 4, frames: [orange, orange] });
    const [picture] = await reader.frames(file('colour'), { fps: 4, indices: [1], channels: 3 });
    const pixel = [...(picture?.data.subarray(3000, 3003) ?? [])];
    [200, 120, 40].forEach((value, index) =>
      expect(Math.abs((pixel[index] ?? -99) - value)).toBeLessThanOrEqual(6),
    );
  });

  it('writes planar YUV as it is, the same as the RGBA that it stands for, even where a frame is drawn over the one before', async () => {
    const shades = [[200, 120, 40], [20, 90, 230], [250, 250, 250]] as const; // prettier-ignore
    const rgba = shades.map((shade) =>
      new Uint8Array(WIDTH_PX * HEIGHT_PX * 4).map((_, at) => shade[at % 4] ?? 255),
    );
    const reused = new Uint8Array((WIDTH_PX * HEIGHT_PX * 3) / 2);
    const planar = function* () {
      for (const frame of rgba) {
        reused.set(yuv420p(frame, WIDTH_PX, HEIGHT_PX, 4));
        yield reused;
      }
    };
    await writer.write(file('rgba'), { ...grey, channels: 4, frames: rgba });
    await writer.write(file('planar'), { ...grey, channels: 'yuv420p', frames: planar() });
    expect((await readFile(file('planar'))).equals(await readFile(file('rgba')))).toBe(true);
    const short = { ...grey, channels: 'yuv420p' as const, frames: [reused.subarray(1)] };
    await expect(writer.write(file('short'), short)).rejects.toThrow('in YUV 4:2:0 has 4608 bytes, not 4607');
  });

  it('takes frames as they come, and writes the same bytes every time', async () => {
    const noise = (seed: number): Uint8Array =>
      flat(0).map((_, index) => (index * 31 + seed * 17 + ((index * index) % 251)) & 255);
    const frames = async function* () {
      for (let n = 0; n < 8; n++) yield await Promise.resolve(noise(n));
    };
    await writer.write(file('one'), { ...grey, frames: frames() });
    await writer.write(file('two'), { ...grey, frames: frames() });
    const one = await readFile(file('one'));
    expect(one.equals(await readFile(file('two')))).toBe(true);
    expect(isWholeMp4(one)).toBe(true);
  });

  it('says which file could not be written', async () => {
    const missing = path.join(dir, 'no', 'such', 'folder', 'video.mp4');
    await expect(writer.write(missing, { ...grey, frames: [flat(1)] })).rejects.toThrow(
      `${missing}: cannot be written`,
    );
  });
});

it('knows a whole MP4 from one cut anywhere', async () => {
  const [first] = await adaptersHere();
  const whole = path.join(dir, 'whole.mp4');
  await first?.writer.write(whole, {
    fps: 4, widthPx: WIDTH_PX, heightPx: HEIGHT_PX, channels: 1, crf: 18, frames: [flat(1), flat(2)],
  }); // prettier-ignore
  const bytes = await readFile(whole);
  expect(isWholeMp4(bytes)).toBe(true);
  for (const length of [0, 7, 40, bytes.length >> 1, bytes.length - 1])
    expect(isWholeMp4(bytes.subarray(0, length))).toBe(false);
});

function flat(level: number): Uint8Array {
  return new Uint8Array(WIDTH_PX * HEIGHT_PX).fill(level);
}
