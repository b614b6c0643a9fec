import type { ComputeConfig, TorchPolicy } from '../curriculum.js';
import type { Ref } from '../refs.js';

/**
 * How questions are asked of a model: everything that shapes an answer, as plain data. It is kept with the
 * answers. It names environment variables that hold keys, and never holds a key.
 */
export interface AnswerSpec {
  readonly engine: ServedModel | LocalModel;
  readonly sampling: ChatSampling;
  readonly budget: Budget;
  readonly view: View;
  readonly prompt: PromptTexts;
}

/** A model behind one or more OpenAI-compatible servers. */
export interface ServedModel {
  readonly type: 'openai';
  readonly endpoints: readonly EndpointSpec[];
  /** `auto`: native tool calls where every endpoint has them, else the text protocol. */
  readonly protocol: ChatProtocol | 'auto';
  readonly timeouts: Timeouts;
  /** Calls made for one message before the turn counts as failed. */
  readonly tries: number;
  /** Tokens of prompt and message together, where a person says it; counts before what servers list. */
  readonly contextTokens?: number;
}

/** A model in a Python process of the torch engine (docs/torch.md). It speaks the text protocol. */
export interface LocalModel
  extends
    Pick<TorchPolicy, 'model' | 'sampler' | 'dtype' | 'gradientCheckpointing' | 'contextTokens'>,
    Pick<ComputeConfig, 'device' | 'threads'> {
  readonly type: 'torch';
  /** For people; its messages are signed with it. */
  readonly name: string;
  /** `none`: the folder's weights as they are. */
  readonly adapter: TorchPolicy['adapter'] | { readonly type: 'none' };
  /** A checkpoint's weights file to speak with; null: the weights as they are loaded. */
  readonly weights: Ref | null;
}

/** How a model asks for a look: by the server's tool calls, or by tags in its text. */
export type ChatProtocol = 'tools' | 'text';

export interface EndpointSpec {
  /** Ends before `/chat/completions`, e.g. `http://127.0.0.1:8000/v1`; without credentials. */
  readonly url: string;
  readonly model: string;
  /** Environment variable that holds the key; null where none is sent. */
  readonly keyVariable: string | null;
  /** Share of the calls, relative to the others. */
  readonly weight: number;
  /** Calls under way at once, at most. */
  readonly concurrency: number;
  readonly prices: Prices | null;
  /** Absent where its server says nothing but the model's name. */
  readonly listed?: ListedModel;
}

/** What a server lists of a model beyond OpenAI's form, as `ruminate serve` does (docs/serve.md). */
export interface ListedModel {
  readonly vision: boolean;
  readonly tools: boolean;
  readonly logProbs: boolean;
  /** Frames that an overview must have, and the only ones that the model can name; null where any number will do. */
  readonly overviewFrames: number | null;
  /** Messages that may ask for a look; the next must be the answer. Null where there is no limit. */
  readonly maxLooks: number | null;
}

/** Per million tokens, in one currency. */
export interface Prices {
  readonly prompt: number;
  /** Of prompt tokens that the server had in its cache. */
  readonly cached: number;
  readonly completion: number;
}

/** Milliseconds. */
export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** From the request to the first token. */
  readonly firstTokenMs: number;
  /** From one token to the next. */
  readonly betweenTokensMs: number;
}

export interface ChatSampling {
  readonly temperature: number;
  readonly topP: number;
  /** Tokens of one message, at most. */
  readonly maxTokens: number;
  /** Sent where given; servers differ in whether they heed it. */
  readonly seed: number | null;
  /** Whether to ask for log-probabilities; a server that offers none is not asked again. */
  readonly logProbs: boolean;
}

/** What one conversation may use up. When any of it is used up, the next message must be the answer. */
export interface Budget {
  /** Calls that were answered with pictures. */
  readonly maxLooks: number;
  /** Messages of the model, the answer among them; at least 1. */
  readonly maxTurns: number;
  /** Tokens that the model wrote, over all messages. */
  readonly maxTokens: number;
}

/** What the model sees of the video, in frames and pixels. */
export interface View {
  /**
   * Rate at which frames are numbered: frame i (1-based) is on screen at (i − 1)/fps seconds. Null: each video at the
   * rate at which it has as many frames as the overview, for models that know no others.
   */
  readonly fps: number | null;
  /** Frames of the overview, spread over the whole video; fewer where it has fewer. */
  readonly frames: number;
  /** Pixels of one picture, at most: of the overview, of a clip, of a crop. */
  readonly overviewPixels: number;
  readonly clipPixels: number;
  readonly cropPixels: number;
  readonly format: 'jpeg' | 'png';
}

/** What a model is told, from a file that a person may change. `{name}` stands for a value; see `fill`. */
export interface PromptTexts {
  /** Where the server has tool calls. */
  readonly tools: string;
  /** Where calls are tags in the text. */
  readonly text: string;
  /** Before the overview: {question} {seconds} {frames} {fps} {width} {height} {shown} {looks}. */
  readonly opening: string;
  /** After the overview: {question} {options}. */
  readonly question: string;
  /** Demands the answer; in the last message of the prompt, with the tools withheld. */
  readonly final: string;
  /** Exchanges shown before the conversation, as text. */
  readonly shots: readonly { readonly user: string; readonly assistant: string }[];
}
