import { z } from 'zod';
import { DataFailure, UserError } from '../../domain/failures.js';

/** What one video may cost. Files come from anywhere: each limit is told in the refusal that it causes. */
export interface VideoLimits {
  /** Pixels of one picture, as stored and as shown. */
  readonly maxPixels: number;
  readonly maxHours: number;
  /** Frames that one request may ask for. */
  readonly maxFrames: number;
  /** Seconds of decoding for one request; the consumer's own time does not count. */
  readonly maxSeconds: number;
  /** Resident memory of the process that decodes. */
  readonly maxMemoryMiB: number;
}

/** Room for an 8K picture, six hours, and a frame a second of them. */
export const DEFAULT_LIMITS: VideoLimits = {
  maxPixels: 40_000_000,
  maxHours: 6,
  maxFrames: 25_000,
  maxSeconds: 600,
  maxMemoryMiB: 2048,
};

/** The environment variable that overrides each limit. */
const VARIABLES: Readonly<Record<keyof VideoLimits, string>> = {
  maxPixels: 'RUMINATE_VIDEO_MAX_PIXELS',
  maxHours: 'RUMINATE_VIDEO_MAX_HOURS',
  maxFrames: 'RUMINATE_VIDEO_MAX_FRAMES',
  maxSeconds: 'RUMINATE_VIDEO_MAX_SECONDS',
  maxMemoryMiB: 'RUMINATE_VIDEO_MAX_MEMORY_MIB',
};

/** The defaults, with what the environment says instead. Throws a UserError on what is no positive number. */
export function limitsFrom(env: Readonly<Record<string, string | undefined>>): VideoLimits {
  const read = (name: keyof VideoLimits): number => {
    const text = env[VARIABLES[name]];
    if (text === undefined || text === '') return DEFAULT_LIMITS[name];
    const parsed = z.coerce.number().positive().safeParse(text);
    if (parsed.success) return parsed.data;
    throw new UserError(
      `${VARIABLES[name]}: expected a number above 0, got ${JSON.stringify(text)}`,
      `Correct it, or unset it: ${DEFAULT_LIMITS[name]} is then used.`,
    );
  };
  return {
    maxPixels: read('maxPixels'),
    maxHours: read('maxHours'),
    maxFrames: read('maxFrames'),
    maxSeconds: read('maxSeconds'),
    maxMemoryMiB: read('maxMemoryMiB'),
  };
}

export function refuseTooLarge(path: string, limits: VideoLimits, widthPx: number, heightPx: number): void {
  if (widthPx * heightPx <= limits.maxPixels) return;
  const most = limits.maxPixels.toLocaleString('en');
  throw new DataFailure(
    `${path}: has pictures of ${widthPx} × ${heightPx} pixels; at most ${most} pixels are allowed (${VARIABLES.maxPixels})`,
  );
}

export function refuseTooLong(path: string, limits: VideoLimits, durationSec: number): void {
  if (durationSec <= limits.maxHours * 3600) return;
  const hours = (durationSec / 3600).toFixed(1);
  throw new DataFailure(
    `${path}: lasts ${hours} hours; at most ${limits.maxHours} are allowed (${VARIABLES.maxHours})`,
  );
}

export function refuseTooMany(path: string, limits: VideoLimits, frames: number): void {
  if (frames <= limits.maxFrames) return;
  throw new DataFailure(
    `${path}: ${frames} frames were asked for at once; at most ${limits.maxFrames} are allowed (${VARIABLES.maxFrames})`,
  );
}

export function tookTooLong(path: string, limits: VideoLimits): DataFailure {
  return new DataFailure(
    `${path}: took longer than ${limits.maxSeconds} s to decode, which is the limit (${VARIABLES.maxSeconds})`,
  );
}

export function tookTooMuchMemory(path: string, limits: VideoLimits, usedMiB: number): DataFailure {
  return new DataFailure(
    `${path}: its decoder held ${Math.round(usedMiB)} MiB; at most ${limits.maxMemoryMiB} are allowed (${VARIABLES.maxMemoryMiB})`,
  );
}
