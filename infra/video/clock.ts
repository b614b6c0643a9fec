import { DataFailure } from '../../domain/failures.js';

/**
 * The one clock: frame i (1-based) at f fps is the frame on screen at (i − 1)/f seconds after the video's
 * first frame. A frame is on screen from its own time until the next one's (half-open).
 */

/** Slack for times that a container rounds: a frame is never taken for the one before it. */
export const CLOCK_SLACK_SEC = 1e-3;

/** How many frames a video of this length has at `fps`: those with (i − 1)/fps < duration. */
export function framesAt(durationSec: number, fps: number): number {
  return Math.max(1, Math.ceil(durationSec * fps - fps * CLOCK_SLACK_SEC));
}

/** Throws a DataFailure that names the first index that the video does not have. */
export function refuseMissingFrames(
  path: string,
  durationSec: number,
  fps: number,
  indices: readonly number[],
): void {
  const last = framesAt(durationSec, fps);
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 1 || index > last);
  if (wrong === undefined) return;
  throw new DataFailure(`${path}: has frames 1 to ${last} at ${fps} fps; frame ${wrong} was asked for`);
}
