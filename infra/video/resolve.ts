import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { VideoReader, VideoWriter } from '../../activities/ports.js';
import { UserError } from '../../domain/failures.js';
import { FfmpegReader } from './ffmpeg-reader.js';
import { runFfmpeg } from './ffmpeg-process.js';
import { FfmpegWriter } from './ffmpeg-writer.js';
import type { VideoLimits } from './limits.js';
import { limitsFrom } from './limits.js';

/** What decodes and encodes on this machine, and how it was found. */
export interface ResolvedVideo {
  readonly reader: VideoReader;
  readonly writer: VideoWriter;
  readonly foundBy: 'FFMPEG_BIN' | 'ffmpeg-static' | 'PATH' | 'node-av';
  /** Path of the binary; null when it is the libraries. */
  readonly binary: string | null;
}

const resolved = new Map<string, Promise<ResolvedVideo>>();

/**
 * Finds an FFmpeg: the binary that `FFMPEG_BIN` names, the libraries inside node-av, ffmpeg-static's binary (where
 * its download worked), or one on PATH. The libraries come first: the frames are the same, but their process stays
 * alive between requests, where a binary is started twice or more for each request, and it seeks in more containers
 * (docs/video.md has the numbers). Throws a UserError when `FFMPEG_BIN` does not run, a limit is no
 * number, or there is no FFmpeg.
 */
export function resolveVideo(env: NodeJS.ProcessEnv = process.env): Promise<ResolvedVideo> {
  const limits = limitsFrom(env);
  const key = JSON.stringify([env['FFMPEG_BIN'] ?? '', env['PATH'] ?? '', limits]);
  const known = resolved.get(key) ?? find(env, limits);
  resolved.set(key, known);
  known.catch(() => resolved.delete(key));
  return known;
}

async function find(env: NodeJS.ProcessEnv, limits: VideoLimits): Promise<ResolvedVideo> {
  const named = env['FFMPEG_BIN'];
  if (named !== undefined && named !== '') {
    return fromBinary(named, 'FFMPEG_BIN', limits).catch((cause: unknown) => {
      throw new UserError(
        `FFMPEG_BIN: expected an ffmpeg that runs, got ${named}`,
        'Correct the path, or unset FFMPEG_BIN.',
        {
          cause,
        },
      );
    });
  }
  const inside = await carriedLibraries(limits).catch((cause: unknown) => ({ cause }));
  if (!('cause' in inside)) return inside;
  const carried = await staticBinary();
  if (carried !== null) return fromBinary(carried, 'ffmpeg-static', limits);
  const onPath = await binaryOnPath(env['PATH'] ?? '');
  if (onPath !== null) return fromBinary(onPath, 'PATH', limits);
  throw inside.cause;
}

async function fromBinary(
  binary: string,
  foundBy: ResolvedVideo['foundBy'],
  limits: VideoLimits,
): Promise<ResolvedVideo> {
  const { code, stdout } = await runFfmpeg(binary, ['-version']);
  const version = /^ffmpeg version (\S+)/.exec(stdout.toString())?.[1];
  if (code !== 0 || version === undefined) throw new UserError(`${binary}: does not answer like an ffmpeg`);
  const encoders = await runFfmpeg(binary, ['-encoders']);
  const name = `ffmpeg ${version}`;
  const writer = new FfmpegWriter(binary, name, encoders.stdout.includes(' libx264 '));
  return { reader: new FfmpegReader(binary, name, limits), writer, foundBy, binary };
}

/** ffmpeg-static names a file; whether its download has put one there is another question. */
async function staticBinary(): Promise<string | null> {
  const { default: file } = await import('ffmpeg-static').catch(() => ({ default: null }));
  return typeof file === 'string' && (await isExecutable(file)) ? file : null;
}

async function binaryOnPath(folders: string): Promise<string | null> {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  for (const folder of folders.split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Loaded only when needed: the libraries are large, and not built for every platform. */
async function carriedLibraries(limits: VideoLimits): Promise<ResolvedVideo> {
  try {
    const { NodeAvReader } = await import('./node-av-reader.js');
    const { NodeAvWriter } = await import('./node-av-writer.js');
    return { reader: new NodeAvReader(limits), writer: new NodeAvWriter(), foundBy: 'node-av', binary: null };
  } catch (cause) {
    const hint = 'Install ffmpeg (it is then found on PATH), or set FFMPEG_BIN to one.';
    throw new UserError('no FFmpeg: none on PATH, and node-av cannot be loaded on this platform', hint, {
      cause,
    });
  }
}
