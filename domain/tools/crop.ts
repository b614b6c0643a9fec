import { refusalOfFrame } from './clip.js';
import type { CropCall } from './contract.js';

/**
 * What is wrong with a crop in a video that has frames 1 to `frames`, as a sentence for the model; or null.
 * Coordinates are always fractions: 1 is the right or lower edge, never one pixel.
 */
export function refusalOfCrop(call: CropCall, frames: number): string | null {
  const reason = refusalOfFrame('crop', call.targetFrame, frames);
  if (reason !== null) return reason;
  const [x1, y1, x2, y2] = call.bbox01;
  const outside = call.bbox01.find((value) => !(value >= 0 && value <= 1));
  if (outside !== undefined) {
    return `crop: ${outside} in bbox_2d is outside 0 to 1; coordinates are fractions of the frame, not pixels.`;
  }
  if (x1 >= x2) return `crop: in bbox_2d the left edge ${x1} is not left of the right edge ${x2}.`;
  if (y1 >= y2) return `crop: in bbox_2d the upper edge ${y1} is not above the lower edge ${y2}.`;
  return null;
}
