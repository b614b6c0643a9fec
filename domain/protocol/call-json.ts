import type { ToolCall } from '../tools/contract.js';

/** `own` names, or the `ancestor`'s (Pixel-Reasoner), which are read on import and written on export. */
export type Dialect = 'own' | 'ancestor';

/** Names that the ancestor and its ports give to our two tools. */
const ANCESTOR_NAMES: Readonly<Record<string, ToolCall['tool']>> = {
  select_frames: 'clip',
  crop_image: 'crop',
  crop_image_normalized: 'crop',
  zoom_in: 'crop',
};

/** The JSON inside `<tool_call>` as a call, or why it is none. */
export function parseCall(
  json: string,
  dialect: Dialect,
): { readonly action: ToolCall } | { readonly failure: string } {
  let call: unknown;
  try {
    call = JSON.parse(json);
  } catch {
    return { failure: 'the tool call is not valid JSON' };
  }
  if (!isRecord(call) || typeof call['name'] !== 'string')
    return { failure: 'expected a tool call of the form {"name": …, "arguments": {…}}' };
  const args = call['arguments'];
  if (!isRecord(args)) return { failure: `expected "arguments" of ${call['name']} to be an object` };
  switch (toolNamed(call['name'], dialect)) {
    case 'clip':
      return clip(args);
    case 'crop':
      return crop(args, dialect);
    case null:
      return { failure: `there is no tool "${call['name']}": the tools are clip and crop` };
  }
}

/** A call as the JSON inside `<tool_call>`. */
export function printCall(call: ToolCall, dialect: Dialect): string {
  const own = dialect === 'own';
  switch (call.tool) {
    case 'clip':
      return JSON.stringify({
        name: own ? 'clip' : 'select_frames',
        arguments: { target_frames: call.targetFrames },
      });
    case 'crop':
      return JSON.stringify({
        name: own ? 'crop' : 'crop_image_normalized',
        arguments: { [own ? 'target_frame' : 'target_image']: call.targetFrame, bbox_2d: call.bbox01 },
      });
    default:
      return call satisfies never;
  }
}

function toolNamed(name: string, dialect: Dialect): ToolCall['tool'] | null {
  if (name === 'clip' || name === 'crop') return name;
  return dialect === 'ancestor' && Object.hasOwn(ANCESTOR_NAMES, name) ? ANCESTOR_NAMES[name]! : null;
}

function clip(
  args: Readonly<Record<string, unknown>>,
): { readonly action: ToolCall } | { readonly failure: string } {
  const frames = args['target_frames'];
  if (!isNumbers(frames)) return { failure: 'expected "target_frames" of clip to be a list of numbers' };
  return { action: { tool: 'clip', targetFrames: frames } };
}

function crop(
  args: Readonly<Record<string, unknown>>,
  dialect: Dialect,
): { readonly action: ToolCall } | { readonly failure: string } {
  const frame = args['target_frame'] ?? (dialect === 'ancestor' ? args['target_image'] : undefined);
  if (typeof frame !== 'number') return { failure: 'expected "target_frame" of crop to be a number' };
  const box = args['bbox_2d'];
  if (!isNumbers(box) || box.length !== 4)
    return { failure: 'expected "bbox_2d" of crop to be four numbers' };
  const [x1, y1, x2, y2] = box as [number, number, number, number];
  return { action: { tool: 'crop', targetFrame: frame, bbox01: [x1, y1, x2, y2] } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((x) => typeof x === 'number');
}
