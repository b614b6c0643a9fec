import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from './paths.js';
import { cacheFolder, findOnPath, isExecutable } from './paths.js';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/**
 * Runs ffmpeg-static's own install script (npm's are off, see .npmrc), which downloads a binary. Where that fails,
 * the failure is noted in the cache and not tried again, unless `RUMINATE_FFMPEG_DOWNLOAD=again`; `never` skips it.
 */
export async function downloadFfmpegStatic(options: {
  readonly onProgress: (line: string) => void;
  readonly env?: Environment;
}): Promise<'present' | 'downloaded' | 'failed' | 'skipped'> {
  const env = options.env ?? process.env;
  const wish = env['RUMINATE_FFMPEG_DOWNLOAD'];
  if (wish === 'never' || env['FFMPEG_BIN'] || (await findOnPath('ffmpeg', env)) !== null) return 'skipped';

  const require = createRequire(import.meta.url);
  const manifest = require.resolve('ffmpeg-static/package.json');
  const binary = ffmpegStaticPath();
  if (binary === null) return 'skipped';
  if (await isExecutable(binary)) return 'present';

  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const note = join(cacheFolder(env), `ffmpeg-static-${version}.failed`);
  if (wish !== 'again' && (await exists(note))) return 'skipped';

  options.onProgress(`ffmpeg: downloading ffmpeg-static ${version} (at most ${TIMEOUT_MS / 1000} s)`);
  const reason = await install(dirname(manifest));
  if (reason === null && (await isExecutable(binary))) {
    await rm(note, { force: true });
    options.onProgress('ffmpeg: downloaded');
    return 'downloaded';
  }
  // A half-downloaded binary would be taken for a whole one.
  await rm(binary, { force: true });
  await mkdir(dirname(note), { recursive: true });
  await writeFile(note, `${new Date().toISOString()} ${reason ?? 'no binary after the download'}\n`);
  options.onProgress(
    `ffmpeg: not downloaded (${reason ?? 'no binary came'}); using the FFmpeg inside node-av. ` +
      'To try again: RUMINATE_FFMPEG_DOWNLOAD=again',
  );
  return 'failed';
}

/** Where ffmpeg-static puts its binary on this system; null where it has none. */
export function ffmpegStaticPath(): string | null {
  const path: unknown = createRequire(import.meta.url)('ffmpeg-static');
  return typeof path === 'string' ? path : null;
}

async function install(folder: string): Promise<string | null> {
  try {
    await run(process.execPath, ['install.js'], { cwd: folder, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
    return null;
  } catch (error) {
    const { killed, stderr, message } = error as { killed?: boolean; stderr?: string; message: string };
    if (killed) return `no end after ${TIMEOUT_MS / 1000} s`;
    return firstError(stderr ?? '') ?? message.split('\n')[0] ?? 'unknown reason';
  }
}

function firstError(text: string): string | null {
  return (
    text
      .split('\n')
      .map((line) => line.trim())
      .find((line) => /error|ENOTFOUND|ECONN|EAI_AGAIN/i.test(line)) ?? null
  );
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
