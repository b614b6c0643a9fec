import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrameRequest, VideoReader } from '../../activities/ports.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { DEFAULT_LIMITS, limitsFrom } from '../../infra/video/limits.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { GROUP, writeLong } from './long.js';
import { numberOf } from './numbered.js';

let dir: string;
let long: string;
/** Every second of two hours: a decode that does not end by itself while a test lasts. */
const ALL: FrameRequest = { fps: 1, indices: Array.from({ length: 7200 }, (_, at) => at + 1), channels: 1 };

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-process-'));
  long = path.join(dir, 'long.mp4');
  writeLong(long, (2 * 3600 * 25) / GROUP);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('a video of two hours at 1080p', () => {
  it('gives any frame, first to last, from a process that stays below 300 MB', async () => {
    const reader = new NodeAvReader();
    expect(await reader.probe(long)).toMatchObject({ durationSec: 7200, widthPx: 1920, heightPx: 1080 });
    const indices = [1, 77_777, 90_001, 123_456, 180_000];
    for await (const { index, picture } of reader.stream(long, { fps: 25, indices, channels: 3 })) {
      expect(numberOf(picture)).toBe((index - 1) % GROUP);
    }
    if (process.platform === 'linux') expect(Math.max(...(await peaksMiB(reader)))).toBeLessThan(300);
  });
});

describe('the process that decodes', () => {
  it('serves one request after another, each right', async () => {
    const reader = new NodeAvReader();
    for (const index of [5, 250, 251]) {
      const [picture] = await reader.frames(long, { fps: 25, indices: [index], channels: 1 });
      expect(picture === undefined ? NaN : numberOf(picture)).toBe((index - 1) % GROUP);
    }
    expect(reader.pids).toHaveLength(1);
  });

  it('ends at once when its request is aborted, and the reason is thrown', async () => {
    const reader = new NodeAvReader();
    const stop = new AbortController();
    const reading = reader.frames(long, { ...ALL, signal: stop.signal });
    const failed = expect(reading).rejects.toThrow('stopped by the test');
    const [pid] = await untilStarted(reader);
    stop.abort(new Error('stopped by the test'));
    await failed;
    await untilGone(pid);
    expect(reader.pids).toEqual([]);
  });

  it('ends when its consumer breaks off', async () => {
    const reader = new NodeAvReader();
    let pid: number | undefined;
    for await (const { index } of reader.stream(long, ALL)) {
      [pid] = reader.pids;
      if (index === 2) break;
    }
    await untilGone(pid);
  });

  it('decodes no further than a few frames ahead of a consumer that takes its time', async () => {
    const reader = new NodeAvReader();
    for await (const { index } of reader.stream(long, ALL)) {
      const [pid = 0] = reader.pids;
      // It comes to rest; one that ran on would have two hours to decode.
      if (index === 1) {
        for (let before = -1, now = 0; before !== now;) {
          before = now;
          await sleep(300);
          now = await processorTicks(pid);
        }
      }
      if (index === 5) break;
    }
  });

  it('takes a crash down with it: the file is refused, and the next request is served', async () => {
    const reader = new NodeAvReader();
    const reading = (async () => {
      for await (const { index } of reader.stream(long, ALL)) {
        if (index === 1) reader.pids.forEach((pid) => process.kill(pid, 'SIGSEGV'));
      }
    })();
    await expect(reading).rejects.toThrow(/long\.mp4: the decoder crashed on it \(SIGSEGV/);
    await expect(reading).rejects.toThrow(DataFailure);
    expect(await reader.frames(long, { fps: 1, indices: [1], channels: 1 })).toHaveLength(1);
  });

  it.each([
    [{ maxSeconds: 0.2 }, /long\.mp4: took longer than 0\.2 s to decode, .* \(RUMINATE_VIDEO_MAX_SECONDS\)/],
    [
      { maxMemoryMiB: 20 },
      /long\.mp4: its decoder held \d+ MiB; at most 20 .* \(RUMINATE_VIDEO_MAX_MEMORY_MIB\)/,
    ],
    [{ maxHours: 1.5 }, /long\.mp4: lasts 2\.0 hours; at most 1\.5 .* \(RUMINATE_VIDEO_MAX_HOURS\)/],
    [
      { maxFrames: 100 },
      /long\.mp4: 7200 frames were asked for at once; at most 100 .* \(RUMINATE_VIDEO_MAX_FRAMES\)/,
    ],
    [
      { maxPixels: 2_000_000 },
      /long\.mp4: has pictures of 1920 × 1080 pixels; at most 2,000,000 .* \(RUMINATE_VIDEO_MAX_PIXELS\)/,
    ],
  ])('keeps to the limit %j and says which it was', async (limit, message) => {
    const reader = new NodeAvReader({ ...DEFAULT_LIMITS, ...limit });
    const reading = reader.frames(long, ALL);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(DataFailure);
  });

  it('never lets two readers of one video wait for each other', async () => {
    const reader = new NodeAvReader();
    for await (const outer of reader.stream(long, { ...ALL, indices: [1, 2, 3] })) {
      for await (const inner of reader.stream(long, { ...ALL, indices: [4, 5] })) {
        expect(inner.index).toBeGreaterThan(outer.index);
        expect(await reader.frames(long, { ...ALL, indices: [6] })).toHaveLength(1);
      }
    }
  });
});

describe('limits', () => {
  it('come from the environment where it names them, and refuse what is no number', () => {
    expect(limitsFrom({})).toEqual(DEFAULT_LIMITS);
    expect(limitsFrom({ RUMINATE_VIDEO_MAX_HOURS: '0.5' })).toEqual({ ...DEFAULT_LIMITS, maxHours: 0.5 });
    for (const wrong of ['many', '-1', '0']) {
      expect(() => limitsFrom({ RUMINATE_VIDEO_MAX_PIXELS: wrong })).toThrow(UserError);
    }
  });
});

async function peaksMiB(reader: NodeAvReader): Promise<readonly number[]> {
  return Promise.all(
    reader.pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) / 1024;
    }),
  );
}

/** User and system time that a process has had, in ticks of 10 ms; 0 where the system does not say. */
async function processorTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? 0 : Number(fields[11]) + Number(fields[12]);
}

async function untilStarted(
  reader: VideoReader & { readonly pids: readonly number[] },
): Promise<readonly number[]> {
  while (reader.pids.length === 0) await sleep(10);
  await sleep(300);
  return reader.pids;
}

/** Waits until no process has the id any more. */
async function untilGone(pid: number | undefined): Promise<void> {
  if (pid === undefined) throw new Error('there was no process');
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(5);
  }
}
