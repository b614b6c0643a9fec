import type { ClipCall } from './contract.js';

/** Most frames that one clip may show. */
export const MAX_CLIP_FRAMES = 8;

/** What is wrong with a clip of a video that has frames 1 to `frames`, as a sentence for the model; or null. */
export function refusalOfClip(call: ClipCall, frames: number): string | null {
  const { targetFrames } = call;
  if (targetFrames.length === 0) return 'clip: target_frames is empty; name 1 to 8 frames.';
  if (targetFrames.length > MAX_CLIP_FRAMES) {
    return `clip: target_frames names ${targetFrames.length} frames; at most ${MAX_CLIP_FRAMES} may be shown at once.`;
  }
  for (const frame of targetFrames) {
    const reason = refusalOfFrame('clip', frame, frames);
    if (reason !== null) return reason;
  }
  return null;
}

/** Frames count from 1: zero and negative numbers never wrap around to the end. */
export function refusalOfFrame(tool: 'clip' | 'crop', frame: number, frames: number): string | null {
  if (!Number.isInteger(frame))
    return `${tool}: frame ${frame} is not a whole number; frames are 1 to ${frames}.`;
  if (frame < 1 || frame > frames)
    return `${tool}: there is no frame ${frame}; the video has frames 1 to ${frames}.`;
  return null;
}
