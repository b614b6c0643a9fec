import type { Ref } from '../refs.js';
import type { SizePx, ToolCall } from '../tools/contract.js';
import type { Action } from '../trajectory.js';
import type { Box01 } from '../world/records.js';
import type { Spent } from './ledger.js';
import type { ChatProtocol } from './spec.js';

/** A question as a run asks it. */
export interface AskedQuestion {
  readonly id: string;
  /** Absolute path. */
  readonly video: string;
  readonly question: string;
  readonly options?: readonly string[];
  /** Ground truths; empty where there are none, and nothing is graded then. */
  readonly answers: readonly string[];
}

/** JPEG or PNG bytes, by their content. */
export interface PictureFile {
  readonly ref: Ref;
  readonly mime: 'image/jpeg' | 'image/png';
}

/** A picture that a model was shown. */
export interface ShownPicture extends SizePx, PictureFile {
  readonly frame: number;
  /** Time of the frame. */
  readonly sec: number;
  /** `null` for a whole frame. */
  readonly box01: Box01 | null;
  /** Size of what it shows in the video's own pixels. */
  readonly native: SizePx;
  /** For people, where the model sees less than they: the frame in colour, and of a crop the region at native resolution. */
  readonly original?: { readonly frame: PictureFile; readonly region: PictureFile | null };
}

/** What a conversation begins with. */
export interface Opening {
  readonly question: AskedQuestion;
  readonly video: VideoFacts;
  readonly overview: readonly ShownPicture[];
}

export interface VideoFacts extends SizePx {
  readonly durationSec: number;
  readonly fps: number;
  /** Frames at `fps`. */
  readonly frames: number;
}

/** A message of the model, as it is committed. `action` is null exactly when `failure` says why. */
export interface SpokenMessage {
  readonly thought: string | null;
  readonly action: Action | null;
  readonly failure?: string;
  /** What the server sent as content, whole. */
  readonly text: string;
  /** Whether the call came as a tool call of the server's, not as text. */
  readonly native: boolean;
  /** Whether it had to be the answer. */
  readonly final: boolean;
  /** Of the tokens written, where the server says: natural logarithms. */
  readonly logProbs: readonly TokenLogProb[] | null;
  /** Its tokens, where the engine has them: they go into the prompts of later messages as they are. */
  readonly sampled?: SampledTokens;
  readonly protocol: ChatProtocol;
  /** The endpoint's address and the model's name as the server gave it; `onnx` or `torch` where it was computed here. */
  readonly by: { readonly url: string; readonly model: string };
  readonly spent: Spent;
  /** Null where nobody took it. */
  readonly timeMs: number | null;
}

/** A message as it was sampled. The arrays have one length, as in `Turn`. */
export interface SampledTokens {
  readonly tokens: readonly number[];
  readonly mask: readonly (0 | 1)[];
  /** 0 where the mask is. */
  readonly logProbs: readonly number[];
}

export interface TokenLogProb {
  readonly token: string;
  readonly logProb: number;
}

/** What a look gave: pictures, or a sentence that says what was wrong with the call. */
export type Looked =
  | { readonly kind: 'looks'; readonly call: ToolCall; readonly pictures: readonly ShownPicture[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** A message and what it was answered with; an answer is followed by nothing. */
export interface ConversationTurn {
  readonly spoken: SpokenMessage;
  readonly looked: Looked | null;
}

/** A finished conversation: a line of the predictions. */
export interface ConversationRecord extends Opening {
  readonly turns: readonly ConversationTurn[];
  /** `null` when it ended without one; `failure` then says why. */
  readonly answer: string | null;
  readonly failure: string | null;
  /** Beside the truth; null where there is none. */
  readonly graded: { readonly correct: boolean; readonly anls: number } | null;
  readonly spent: Spent;
}
