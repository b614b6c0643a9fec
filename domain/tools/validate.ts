import type { Box01 } from '../world/records.js';
import { refusalOfClip } from './clip.js';
import type { ToolCall } from './contract.js';
import { refusalOfCrop } from './crop.js';

export type ParsedCall =
  { readonly kind: 'call'; readonly call: ToolCall } | { readonly kind: 'refused'; readonly reason: string };

/** What is wrong with a call on a video that has frames 1 to `frames`, as a sentence for the model; or null. */
export function refusalOf(call: ToolCall, frames: number): string | null {
  switch (call.tool) {
    case 'clip':
      return refusalOfClip(call, frames);
    case 'crop':
      return refusalOfCrop(call, frames);
    default:
      return call satisfies never;
  }
}

/**
 * Reads the arguments of a call as a model writes them: `{"target_frames": [1, 2]}` for clip,
 * `{"target_frame": 2, "bbox_2d": [x1, y1, x2, y2]}` for crop. Checks their form only; `refusalOf` checks
 * them against a video.
 */
export function parseArguments(tool: string, args: unknown): ParsedCall {
  if (tool !== 'clip' && tool !== 'crop')
    return refused(`There is no tool "${tool}"; the tools are clip and crop.`);
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    return refused(`${tool}: the arguments must be an object, got ${shown(args)}.`);
  }
  const fields = new Map<string, unknown>(Object.entries(args));
  const known = tool === 'clip' ? ['target_frames'] : ['target_frame', 'bbox_2d'];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    return refused(`${tool}: "${unknown}" is not an argument; expected ${known.join(' and ')}.`);
  return tool === 'clip' ? parseClip(fields) : parseCrop(fields);
}

function parseClip(fields: ReadonlyMap<string, unknown>): ParsedCall {
  const frames = fields.get('target_frames');
  if (!isNumbers(frames))
    return refused(`clip: target_frames must be a list of frame numbers, got ${shown(frames)}.`);
  return { kind: 'call', call: { tool: 'clip', targetFrames: frames } };
}

function parseCrop(fields: ReadonlyMap<string, unknown>): ParsedCall {
  const frame = fields.get('target_frame');
  const box = fields.get('bbox_2d');
  if (typeof frame !== 'number')
    return refused(`crop: target_frame must be a frame number, got ${shown(frame)}.`);
  if (!isNumbers(box) || box.length !== 4) {
    return refused(`crop: bbox_2d must be four numbers [x1, y1, x2, y2] from 0 to 1, got ${shown(box)}.`);
  }
  const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = box;
  const bbox01: Box01 = [x1, y1, x2, y2];
  return { kind: 'call', call: { tool: 'crop', targetFrame: frame, bbox01 } };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function refused(reason: string): ParsedCall {
  return { kind: 'refused', reason };
}

/** A value, short enough for a sentence. */
function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
