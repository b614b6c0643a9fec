import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFailure } from '../../domain/failures.js';
import { FfmpegReader } from '../../infra/video/ffmpeg-reader.js';
import { DEFAULT_LIMITS } from '../../infra/video/limits.js';
import { encode, everyTick } from './encode.js';
import { numberOf } from './numbered.js';

const BINARY = process.env['FFMPEG_BIN'] ?? 'ffmpeg';
const hasBinary = ((): boolean => {
  try {
    execFileSync(BINARY, ['-version'], { stdio: 'ignore' });
    return process.platform !== 'win32';
  } catch {
    return false;
  }
})();

/** The processes of an ffmpeg binary, seen through a script that notes their arguments and surroundings, and runs it. */
describe.skipIf(!hasBinary)('an ffmpeg binary (skipped without one, and on Windows)', () => {
  let dir: string;
  let video: string;
  const at = (name: string): string => path.join(dir, name);
  const noting = async (name: string, before: string): Promise<string> => {
    await writeFile(at(name), `#!/bin/sh\n${before}\nexec ${BINARY} "$@"\n`);
    await chmod(at(name), 0o755);
    return at(name);
  };

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ruminate-binary-'));
    video = at('video.mp4');
    encode(video, { codec: 'libx264', muxer: 'mp4', gop: 25, ticks: everyTick(500) });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('seeks in one process for each group of frames, and gets the key frame before it', async () => {
    const binary = await noting('args.sh', `echo "$*" >> ${dir}/args`);
    const indices = [1, 2, 201, 226, 401];
    const pictures = await new FfmpegReader(binary, 'noted').frames(video, { fps: 25, indices, channels: 1 });
    expect(pictures.map(numberOf)).toEqual([0, 1, 200, 225, 400]);
    const decodes = (await readFile(at('args'), 'utf8'))
      .split('\n')
      .filter((line) => line.includes('rawvideo'));
    const sought = decodes.map((line) => / -ss ([\d.]+) /.exec(line)?.[1] ?? 'beginning');
    expect(sought.sort()).toEqual(['16.000000', '8.000000', 'beginning']);
  });

  it('tells no process of secrets, whether it probes or decodes', async () => {
    const binary = await noting('env.sh', `env >> ${dir}/env`);
    process.env['RUMINATE_TEST_SECRET'] = 'unheard';
    try {
      await new FfmpegReader(binary, 'noted').frames(video, { fps: 25, indices: [1, 400], channels: 1 });
    } finally {
      delete process.env['RUMINATE_TEST_SECRET'];
    }
    const told = await readFile(at('env'), 'utf8');
    expect(told).toContain('PATH=');
    expect(told).not.toMatch(/RUMINATE_TEST_SECRET|HOME=/);
  });

  it('keeps to the time limit while it probes, and says so', async () => {
    const binary = await noting('slow.sh', 'while :; do :; done');
    const reader = new FfmpegReader(binary, 'slow', { ...DEFAULT_LIMITS, maxSeconds: 0.3 });
    const probing = reader.probe(video);
    await expect(probing).rejects.toThrow(
      /video\.mp4: took longer than 0\.3 s to decode, .* \(RUMINATE_VIDEO_MAX_SECONDS\)/,
    );
    await expect(probing).rejects.toThrow(DataFailure);
  });

  it('refuses the file on which it crashes', async () => {
    const binary = await noting('crash.sh', 'kill -SEGV $$');
    await expect(new FfmpegReader(binary, 'broken').probe(video)).rejects.toThrow(
      /video\.mp4: the decoder crashed on it \(SIGSEGV/,
    );
  });

  it('has at most two processes at a time, whatever is asked', async () => {
    const reader = new FfmpegReader(BINARY, 'counted');
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, reader.pids.length)), 1);
    const indices = [1, 120, 240, 360, 480];
    const request = { fps: 25, indices, channels: 1 as const };
    const all = await Promise.all([1, 2, 3].map(() => reader.frames(video, request)));
    clearInterval(watch);
    for (const pictures of all) expect(pictures.map(numberOf)).toEqual(indices.map((index) => index - 1));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
    expect(reader.pids).toEqual([]);
  });
});
