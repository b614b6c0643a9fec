import type { TrajectoryRecord } from '../data/records.js';
import { printMessage } from '../protocol/text.js';
import type { Dialect } from '../protocol/call-json.js';
import type { ToolCall } from '../tools/contract.js';
import { RowRefusal } from './refusal.js';

/** A message of text and pictures, in the order in which they are read. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Part[];
}

export type Part = { readonly text: string } | { readonly image: string };

/** What a trajectory shows, as files: the pictures of its question, and of each of its looks. */
export interface Rendered {
  /** The frames of the video in order, small; the picture itself where it is a still image. */
  readonly overview: readonly string[];
  /** Numbers of the frames that the overview shows, of the `frames` that the video has. */
  readonly overviewFrames: readonly number[];
  readonly frames: number;
  /** For each turn but the last: its pictures, or what the tool said where it refused. */
  readonly looks: readonly (
    { readonly pictures: readonly RenderedPicture[] } | { readonly refused: string }
  )[];
}

export interface RenderedPicture {
  readonly file: string;
  readonly frame: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A trajectory as a talk: the tools, the question with its pictures, and in turn what was said and shown. */
export function conversationOf(
  record: TrajectoryRecord,
  rendered: Rendered,
  dialect: Dialect,
): readonly Message[] {
  const messages: Message[] = [
    { role: 'system', parts: [{ text: toolsText(dialect) }] },
    {
      role: 'user',
      parts: [
        ...rendered.overview.map((image) => ({ image })),
        ...framesText(record, rendered),
        { text: record.question },
      ],
    },
  ];
  for (const [at, { thought, action }] of record.turns.entries()) {
    messages.push({ role: 'assistant', parts: [{ text: printed(thought, action, dialect, at) }] });
    const look = rendered.looks[at];
    if (action.tool !== 'answer' && look !== undefined)
      messages.push({ role: 'user', parts: observed(action, look) });
  }
  return messages;
}

/** Which frames the pictures are, where that is not plain. */
function framesText({ fps }: TrajectoryRecord, { frames, overviewFrames }: Rendered): readonly Part[] {
  if (overviewFrames.length === frames) return [];
  return [
    {
      text: `The video has ${frames} frames, ${fps} a second. Above are frames ${overviewFrames.join(', ')}.`,
    },
  ];
}

function printed(
  thought: string,
  action: TrajectoryRecord['turns'][number]['action'],
  dialect: Dialect,
  at: number,
): string {
  try {
    return printMessage(thought, action, dialect);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RowRefusal('cannot-be-written', `turn ${at + 1}: ${cause.message}`);
  }
}

function observed(call: ToolCall, look: Rendered['looks'][number]): readonly Part[] {
  if ('refused' in look) return [{ text: look.refused }];
  return look.pictures.flatMap(({ file, frame, widthPx, heightPx }): readonly Part[] => [
    { text: `${call.tool === 'clip' ? 'Frame' : 'Part of frame'} ${frame} (${widthPx}×${heightPx} pixels):` },
    { image: file },
  ]);
}

/** What a policy must know to call the tools; the names are the dialect's. */
function toolsText(dialect: Dialect): string {
  const own = dialect === 'own';
  const clip = {
    name: own ? 'clip' : 'select_frames',
    description: 'Shows frames of the video again, whole. Frames are numbered from 1.',
    parameters: { target_frames: 'list of 1 to 8 frame numbers' },
  };
  const crop = {
    name: own ? 'crop' : 'crop_image_normalized',
    description: 'Shows a region of one frame at full resolution.',
    parameters: {
      [own ? 'target_frame' : 'target_image']: 'number of the frame, from 1',
      bbox_2d: '[x1, y1, x2, y2], fractions of the frame from 0 to 1, x to the right, y down',
    },
  };
  return [
    'Think in <think></think>, then either call one tool in <tool_call>{"name": …, "arguments": {…}}</tool_call> or give the answer in <answer></answer>.',
    `<tools>`,
    JSON.stringify(clip),
    JSON.stringify(crop),
    `</tools>`,
  ].join('\n');
}
