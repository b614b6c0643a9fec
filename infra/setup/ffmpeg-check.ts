import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { resolveVideo } from '../video/resolve.js';
import type { Environment } from './paths.js';

const run = promisify(execFile);

export interface FfmpegFound {
  /** The binary and how it was found, or that it is the libraries in node-av. */
  readonly found: string;
  readonly version: string;
  /** Whether it encodes H.264 with libx264. */
  readonly h264: boolean;
}

/** The FFmpeg that reads and writes videos here, as `infra/video` chooses it. Throws its `UserError`. */
export async function checkFfmpeg(env: Environment = process.env): Promise<FfmpegFound> {
  const { binary, foundBy, reader } = await resolveVideo({ ...env });
  const found = binary === null ? 'node-av (libraries)' : `${binary} (${foundBy})`;
  const configuration = binary === null ? await ofNodeAv() : (await run(binary, ['-version'])).stdout;
  return { found, version: reader.version, h264: configuration.includes('libx264') };
}

async function ofNodeAv(): Promise<string> {
  const { getFFmpegInfo } = await import('node-av');
  return getFFmpegInfo().configuration;
}
