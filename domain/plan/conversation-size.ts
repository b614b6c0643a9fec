import { assemble } from '../conversation/assemble.js';
import { NOTHING_SPENT } from '../conversation/ledger.js';
import { sizeWithin, spread } from '../conversation/overview.js';
import type { ConversationTurn, Looked, Opening, ShownPicture } from '../conversation/records.js';
import type { TorchPolicy } from '../curriculum.js';
import { printMessage } from '../protocol/text.js';
import type { SizePx, ToolCall } from '../tools/contract.js';
import type { Action } from '../trajectory.js';
import type { Box01 } from '../world/records.js';

/** A conversation in tokens, estimated. */
export interface ConversationSize {
  /** Pictures shown, and the tokens that stand for them. */
  readonly pictures: number;
  readonly pictureTokens: number;
  /** Of all text: prompt, labels, observations, messages. */
  readonly textTokens: number;
  /** Of the text, what the policy says: learnt, or sampled. */
  readonly saidTokens: number;
}

/** A rule of thumb for English in a large vocabulary, not measured here; the tiny models spell almost all in bytes. */
export function charactersPerToken({ model }: Pick<TorchPolicy, 'model'>): number {
  return model.type === 'tiny' ? 1 : 4;
}

/** What a chat template writes around a message (role, begin, end), and around a picture. */
const MESSAGE_TOKENS = 5;
const PICTURE_MARKS = 2;
/** What an estimate supposes of videos and of what is said about them; a plan shows it. */
export const SUPPOSED = {
  video: { widthPx: 1280, heightPx: 720 } as SizePx,
  questionCharacters: 60,
  thoughtCharacters: 160,
  answerCharacters: 12,
  clipFrames: 4,
} as const;

/**
 * Size of a conversation with these looks, by writing one out: a video of 1280×720 with at least as many frames as the
 * overview shows, crops as large as the view allows. A picture has (width/side) · (height/side) tokens, each rounded, at least one.
 * @param sidePx edge of the pixels that become one token
 */
export function conversationSize(
  policy: TorchPolicy,
  sidePx: number,
  looks: readonly ('clip' | 'crop')[],
): ConversationSize {
  const { view, prompt, maxLooks } = policy;
  const fps = view.fps ?? 1;
  const picture = (frame: number, pixels: number, box01: Box01 | null): ShownPicture => ({
    ...sizeWithin(SUPPOSED.video, pixels),
    ref: { uri: 's3://plan/picture', sha256: '', bytes: 0, kind: 'pictures' },
    mime: 'image/png',
    native: SUPPOSED.video,
    sec: (frame - 1) / fps,
    ...{ frame, box01 },
  });
  const turns = looks.map((tool, turn): ConversationTurn => {
    const call: ToolCall = tool === 'clip' ? CLIP : CROP;
    const pictures =
      call.tool === 'clip'
        ? call.targetFrames.map((frame) => picture(frame, view.clipPixels, null))
        : [picture(call.targetFrame, view.cropPixels, call.bbox01)];
    const looked: Looked = { kind: 'looks', call, pictures };
    return turnOf(turn, call, looked);
  });
  turns.push(turnOf(looks.length, { tool: 'answer', text: 'x'.repeat(SUPPOSED.answerCharacters) }, null));
  const opening: Opening = {
    question: { id: 'plan', video: '', question: 'x'.repeat(SUPPOSED.questionCharacters), answers: [] },
    video: { ...SUPPOSED.video, durationSec: view.frames / fps, fps, frames: view.frames },
    overview: spread(view.frames, view.frames).map((frame) => picture(frame, view.overviewPixels, null)),
  };
  const budget = { maxLooks, maxTurns: maxLooks + 1, maxTokens: Number.MAX_SAFE_INTEGER };
  // Without the message that would follow the answer.
  const messages = assemble({ prompt, protocol: 'text', budget, opening, turns, final: false }).slice(0, -1);
  const shown: SizePx[] = [];
  let [characters, said] = [0, 0];
  messages.forEach((message, i) => {
    const texts = message.role === 'user' ? message.parts : [{ type: 'text' as const, text: message.text }];
    for (const part of texts) {
      if (part.type === 'picture') shown.push(part.picture);
      else characters += part.text.length;
    }
    // Shots are exchanges too, and are not learnt.
    if (message.role === 'assistant' && i > 2 * prompt.shots.length) said += message.text.length;
  });
  return {
    pictures: shown.length,
    pictureTokens: shown.reduce((sum, size) => sum + pictureTokens(size, sidePx), 0),
    textTokens:
      Math.ceil(characters / charactersPerToken(policy)) +
      MESSAGE_TOKENS * messages.length +
      PICTURE_MARKS * shown.length,
    saidTokens: Math.ceil(said / charactersPerToken(policy)),
  };
}

/** Tokens of a picture: its sides are rounded to whole tokens (Qwen's image processor). */
export function pictureTokens({ widthPx, heightPx }: SizePx, sidePx: number): number {
  return Math.max(1, Math.round(widthPx / sidePx)) * Math.max(1, Math.round(heightPx / sidePx));
}

const CLIP: ToolCall = { tool: 'clip', targetFrames: [1, 2, 3, 4] };
const CROP: ToolCall = { tool: 'crop', targetFrame: 3, bbox01: [0.125, 0.25, 0.625, 0.5] };

function turnOf(turn: number, action: Action, looked: Looked | null): ConversationTurn {
  const thought = 'x'.repeat(SUPPOSED.thoughtCharacters);
  const text = printMessage(thought, action);
  return {
    spoken: {
      ...{ thought, action, text, native: false, final: false, logProbs: null, protocol: 'text' },
      ...{ by: { url: 'plan', model: 'plan' }, spent: NOTHING_SPENT, timeMs: turn },
    },
    looked,
  };
}
