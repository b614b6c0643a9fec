import type { TrajectoryRecord, TrajectoryTurn } from '../data/records.js';
import { parseMessage } from '../protocol/text.js';
import type { ToolCall } from '../tools/contract.js';
import type { Action } from '../trajectory.js';
import type { Box01 } from '../world/records.js';
import { joinedVideo, type Joined } from './joined.js';
import { isStill, pathBelow } from './paths.js';
import { KEPT } from './question.js';
import { RowRefusal } from './refusal.js';
import { Row, shown } from './row.js';
import { refuseBadTurns, trajectoryOf } from './trajectory.js';

/**
 * Pixel-Reasoner, trajectories for instruction tuning:
 * ```
 * {"message_list": [
 *   {"role": "system", "content": [{"text": "…tools…"}]},
 *   {"role": "user", "content": [{"image": "images/17.jpg"}, {"text": "What does the sign say?"}]},
 *   {"role": "assistant", "content": [{"text": "I look closer. <tool_call>{\"name\": \"crop_image_normalized\", \"arguments\":
 *      {\"bbox_2d\": [0.1, 0.2, 0.5, 0.4], \"target_image\": 1}}</tool_call>"}]},
 *   {"role": "user", "content": [{"text": "Here is the cropped image …"}, {"image": "images/17-1.jpg"}]},
 *   {"role": "assistant", "content": [{"text": "It says \\boxed{EXIT}"}]}]}
 * ```
 * From TIGER-AI-Lab/Pixel-Reasoner: instruction_tuning/sft_tooltrainer.py takes `message_list`; its evaluator numbers
 * pictures from 1, first those of the question, then those that looks have shown. The data set's own files could not be
 * looked at, only its card ("stored as message list, following Qwen's message template").
 */
export const PIXEL_REASONER_SFT = 'pixel-reasoner-sft';

/** What a picture that has been shown is of: a frame, or a region of one. */
interface Shown {
  readonly frame: number;
  readonly box01: Box01 | null;
}

/** One row as a record; `place` names it where the row has no id. Looks into a crop become looks into its frame. */
export function trajectoryOfSft(
  value: unknown,
  place: number,
  root?: string,
  joined?: Joined,
): TrajectoryRecord {
  const row = new Row(value);
  const messages = row.objects('message_list').map(messageOf);
  const kept = row.has(KEPT) ? row.object(KEPT).rest() : null;
  const talk = messages.filter(({ role }) => role !== 'system');
  const [asked, ...rest] = talk;
  if (asked?.role !== 'user')
    throw new RowRefusal(
      'bad-message',
      "expected the first message after the system's to be the user's question",
    );
  const said = rest.filter(({ role }) => role === 'assistant');
  if (kept !== null) {
    // Our own export: frames are numbered as in the record, and the answers' words are exact.
    const turns = said.map(({ text }) => turnOf(text, (call) => call));
    const reads = Array.isArray(kept['reads']) ? (kept['reads'] as readonly unknown[]) : [];
    const { reads: _reads, ...others } = kept;
    return trajectoryOf({
      ...others,
      turns: turns.map((turn, at) => (Array.isArray(reads[at]) ? { ...turn, reads: reads[at] } : turn)),
    });
  }
  const { video, frames } = subjectOf(asked, root, joined);
  const later: Shown[] = [];
  const turns = said.map(({ text }) =>
    turnOf(text, (call) => {
      const seen = seenBy(call, frames, later);
      later.push(...seen.shown);
      return seen.call;
    }),
  );
  refuseBadTurns(turns);
  const last = turns.at(-1)?.action;
  const answer = last?.tool === 'answer' ? last.text : '';
  if (answer === '') throw new RowRefusal('answers-empty', 'the last message answers nothing');
  const id = row.has('qid') ? row.name('qid') : row.has('id') ? row.name('id') : `row-${place}`;
  return {
    id,
    video,
    question: asked.text,
    questionId: row.has('qid') ? id : null,
    answers: [answer],
    style: 'given',
    fps: 1,
    turns,
    provenance: { source: { form: PIXEL_REASONER_SFT, fields: row.rest() }, steps: [] },
  };
}

interface Message {
  readonly role: string;
  readonly text: string;
  readonly images: readonly string[];
  readonly videos: readonly unknown[];
}

function messageOf(row: Row): Message {
  const role = row.oneOf('role', ['system', 'user', 'assistant'] as const);
  const content = row.raw('content');
  if (typeof content === 'string') return { role, text: content.trim(), images: [], videos: [] };
  const parts = row.objects('content');
  return {
    role,
    text: parts
      .filter((part) => part.has('text'))
      .map((part) => part.anyText('text'))
      .join('')
      .trim(),
    images: parts.filter((part) => part.has('image')).map((part) => part.text('image')),
    videos: parts.filter((part) => part.has('video')).map((part) => part.raw('video')),
  };
}

/** What the question is about: one picture, one video file, whose frames nobody has listed, or a video by its frames. */
function subjectOf(
  { text, images, videos }: Message,
  root?: string,
  joined?: Joined,
): { readonly video: string; readonly frames: number | null } {
  if (text === '') throw new RowRefusal('missing-field', 'the first message of the user asks nothing');
  const [video, ...moreVideos] = videos;
  const [image, ...moreImages] = images;
  if (moreVideos.length > 0 || moreImages.length > 0 || (video !== undefined && image !== undefined))
    throw new RowRefusal(
      'several-pictures',
      `the question is about ${videos.length + images.length} pictures or videos; a record is about one`,
    );
  if (Array.isArray(video)) {
    const pictures = video.map((picture: unknown) => {
      if (typeof picture === 'string') return picture;
      throw new RowRefusal(
        'wrong-type',
        `expected the pictures of "video" to be paths, got ${shown(picture)}`,
      );
    });
    return { video: joinedVideo(pictures, root, joined), frames: pictures.length };
  }
  if (typeof video === 'string') return { video: pathBelow(video, root), frames: null };
  if (image === undefined)
    throw new RowRefusal('missing-field', 'the first message of the user shows no picture and no video');
  const path = pathBelow(image, root);
  return { video: path, frames: isStill(path) ? 1 : null };
}

function turnOf(text: string, frameOf: (call: ToolCall) => ToolCall): TrajectoryTurn {
  const parsed = parseMessage(text, 'ancestor');
  if (parsed.action === null)
    throw new RowRefusal('bad-message', `${parsed.failure}, in ${JSON.stringify(text.slice(0, 60))}`);
  refusePixels(text, parsed.action);
  const action: Action = parsed.action.tool === 'answer' ? parsed.action : frameOf(parsed.action);
  return { thought: parsed.thought ?? thoughtBefore(text), action };
}

/** Untagged thoughts stand before the call or the answer. */
function thoughtBefore(text: string): string {
  const at = /<tool_call>|<answer>|\\boxed\{/.exec(text)?.index ?? text.length;
  return text.slice(0, at).trim();
}

/** The ancestor's crop_image takes pixels of a picture that it had scaled; without its size they mean nothing. */
function refusePixels(text: string, action: Action): void {
  if (action.tool !== 'crop' || action.bbox01.every((edge) => edge <= 1)) return;
  const named = /"name"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? 'crop';
  throw new RowRefusal(
    'pixel-box',
    `the box ${action.bbox01.join(', ')} of ${named} is in pixels of a scaled picture whose size is not said`,
  );
}

/**
 * A call by the ancestor's numbers of shown pictures, as one by frames; and what it shows. `frames` pictures were shown
 * at first, `later` ones by looks; with a video file in their place every number is a frame's.
 */
function seenBy(
  call: ToolCall,
  frames: number | null,
  later: readonly Shown[],
): { readonly call: ToolCall; readonly shown: readonly Shown[] } {
  if (call.tool === 'clip')
    return { call, shown: call.targetFrames.map((frame) => ({ frame, box01: null })) };
  const number = call.targetFrame;
  const target =
    frames === null || number <= frames ? { frame: number, box01: null } : later[number - frames - 1];
  if (target === undefined)
    throw new RowRefusal(
      'bad-call',
      `"target_image" is ${number}, and ${(frames ?? 0) + later.length} pictures had been shown`,
    );
  const bbox01 = target.box01 === null ? call.bbox01 : within(target.box01, call.bbox01);
  return {
    call: { tool: 'crop', targetFrame: target.frame, bbox01 },
    shown: [{ frame: target.frame, box01: bbox01 }],
  };
}

/** A box inside a box, as a box of the frame. */
function within([x1, y1, x2, y2]: Box01, [left, top, right, bottom]: Box01): Box01 {
  const [w, h] = [x2 - x1, y2 - y1];
  return [x1 + left * w, y1 + top * h, x1 + right * w, y1 + bottom * h];
}
