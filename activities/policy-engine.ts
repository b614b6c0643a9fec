import type { OpenConversation } from '../domain/conversation/assemble.js';
import type { ShownPicture, SpokenMessage } from '../domain/conversation/records.js';
import type { ChatSampling } from '../domain/conversation/spec.js';

/**
 * What speaks the model's part in a conversation, whatever computes it. One conformance suite
 * (tests/contracts/policy-engine.ts) holds every backend to what it says it can do. Training by tokens has ports of
 * its own (activities/engines.ts).
 */
export interface PolicyEngine {
  /** Such as `openai` or `onnx`. */
  readonly name: string;
  capabilities(signal?: AbortSignal): Promise<Capabilities>;
  /** What its servers say now that a conversation may be. It costs nothing, and is read whenever a run begins or is taken up. */
  limits(signal?: AbortSignal): Promise<ServedLimits>;
  /**
   * The next message. What the model wrote, however wrong, comes back as a message with `failure`; only what kept it
   * from speaking is thrown: a UserError (key, model, a prompt too long), an InfrastructureFailure (try again), or a
   * DataFailure (this conversation alone cannot go on).
   */
  sample(request: SampleRequest, signal?: AbortSignal): Promise<SpokenMessage>;
  close(): Promise<void>;
}

export interface Capabilities extends Served {
  readonly sample: boolean;
  /** Whether its backend trains the model, and gives features of pictures; not through this port. */
  readonly train: boolean;
  readonly embed: boolean;
  readonly gpu: boolean;
}

/** What shows in its messages. */
export interface Served {
  readonly vision: boolean;
  /** Whether messages come with the log-probabilities of their tokens. */
  readonly logProbs: boolean;
  /** Whether calls come as tool calls rather than as text. */
  readonly tools: boolean;
}

/** Null where nothing is said of it. */
export interface ServedLimits {
  /** Tokens of prompt and message together. */
  readonly contextTokens: number | null;
  /** Frames that an overview must have. */
  readonly overviewFrames: number | null;
  /** Looks that a conversation may have at most. */
  readonly maxLooks: number | null;
}

export interface SampleRequest {
  readonly conversation: OpenConversation;
  readonly sampling: ChatSampling;
  /** Names the message, for random streams: equal names draw alike. */
  readonly key: string;
  /** Bytes of a picture that the conversation names. */
  readonly picture: (shown: ShownPicture) => Promise<Uint8Array>;
  /** Why earlier calls for this very message gave none, by somebody who was then killed. */
  readonly wasted?: readonly string[];
  /** Hears of each call that gave no message, while it is tried again. */
  readonly onWaste?: (wasted: readonly string[], why: string) => void;
}
