import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { downloadFfmpegStatic, ffmpegStaticPath } from '../../infra/setup/ffmpeg-static.js';
import { isExecutable } from '../../infra/setup/paths.js';
import { program, scratch } from './support.js';

const { version } = createRequire(import.meta.url)('ffmpeg-static/package.json') as { version: string };

describe('the download of ffmpeg-static', () => {
  test.each([
    ['FFMPEG_BIN names one', { FFMPEG_BIN: '/opt/ffmpeg', PATH: '' }],
    ['it is not wanted', { RUMINATE_FFMPEG_DOWNLOAD: 'never', PATH: '' }],
  ])('is not tried where %s', async (_why, env) => {
    const said: string[] = [];
    expect(await downloadFfmpegStatic({ env, onProgress: (line) => said.push(line) })).toBe('skipped');
    expect(said).toEqual([]);
  });

  test('is not tried where there is an ffmpeg on PATH', async () => {
    const folder = await scratch();
    await program(join(folder, 'ffmpeg'), 'exit 0');
    expect(await downloadFfmpegStatic({ env: { PATH: folder }, onProgress: () => undefined })).toBe(
      'skipped',
    );
  });

  test('is not tried again after it failed once', async () => {
    const cache = await scratch();
    await mkdir(cache, { recursive: true });
    await writeFile(join(cache, `ffmpeg-static-${version}.failed`), 'no route');
    const binary = ffmpegStaticPath();
    const there = binary !== null && (await isExecutable(binary));
    const outcome = await downloadFfmpegStatic({
      env: { RUMINATE_CACHE: cache, PATH: '' },
      onProgress: () => undefined,
    });
    expect(outcome).toBe(there ? 'present' : 'skipped');
  });
});
