import type { z } from 'zod';
import type {
  EmbedRequest,
  GradientsRequest,
  SampleMessages,
  StateFile,
  StepRequest,
} from '../../activities/torch/model.js';
import type { Conversation } from '../../domain/conversation/tokenized.js';
import { BugFailure, InfrastructureFailure } from '../../domain/failures.js';
import type { RequestOptions } from './connection.js';
import { LoadedProcess, type Reply } from './loaded.js';
import type { ProcessOptions } from './process.js';
import * as schema from './schema.js';

type Options = RequestOptions;

/**
 * A vision-language model in a Python process: transformers and PEFT. Verbs are answered one after the other. A process
 * that dies fails the request in hand as infrastructure; the next request starts another and loads the model again, but
 * what was trained is gone with it: training goes on only from `loadState`.
 */
export class TorchEngine {
  readonly #process: LoadedProcess<schema.Loaded>;
  #trained: string | null = null;
  #lost = false;

  constructor(model: schema.LoadRequest, options: ProcessOptions) {
    const load = { request: model, reply: schema.Loaded };
    // Whatever the process had learned since its last saved state is gone with it.
    this.#process = new LoadedProcess(load, options, () => ([this.#trained, this.#lost] = [null, true]));
  }

  /** SHA-256 of the weights file that the training weights equal; null before `saveState` or `loadState`, and after a step. */
  get trained(): string | null {
    return this.#trained;
  }

  /** Starts the process and loads the model, where that is not done yet. Throws what `load` refuses. */
  async start(options: Options = {}): Promise<schema.Loaded> {
    return (await this.#process.start(options)).loaded;
  }

  /** The next message of each conversation, in the order of the requests. */
  async sample(request: SampleMessages, options: Options = {}): Promise<readonly SampledMessage[]> {
    return (await this.#process.ask('sample', request, schema.Sampled, options)).value.messages;
  }

  /** Adds gradients to those of the step; all of them or, when it fails, none. */
  async forwardBackward(request: GradientsRequest, options: Options = {}): Promise<Gradients> {
    return (await this.#train('forwardBackward', request, schema.Gradients, options)).value;
  }

  async optimStep(request: StepRequest, options: Options = {}): Promise<z.infer<typeof schema.Stepped>> {
    this.#trained = null;
    return (await this.#train('optimStep', request, schema.Stepped, options)).value;
  }

  /** log π of each conversation's tokens with mask 1, in order, at temperature 1. */
  async logProbs(
    request: {
      readonly conversations: readonly Conversation[];
      readonly rows?: number;
      readonly weights?: StateFile;
    },
    options: Options = {},
  ): Promise<readonly (readonly number[])[]> {
    return (await this.#process.ask('logProbs', request, schema.LogProbs, options)).value.logProbs;
  }

  /** Features of pictures by the model's vision tower, each of length 1: float32 [count · width]. */
  async embed(
    request: EmbedRequest,
    options: Options = {},
  ): Promise<{ readonly features: Float32Array; readonly width: number }> {
    const { value, blobs } = await this.#process.ask('embed', request, schema.Embedded, options);
    const bytes = Uint8Array.from(blobs[0] ?? []);
    if (bytes.length !== value.count * value.width * 4)
      throw new BugFailure(`expected ${value.count} × ${value.width} features, got ${bytes.length} bytes`);
    return { features: new Float32Array(bytes.buffer), width: value.width };
  }

  /** Writes `weights` and `optimizer` into a folder, each named by its SHA-256. Equal states give equal bytes. */
  async saveState(folder: string, options: Options = {}): Promise<z.infer<typeof schema.SavedState>> {
    const { value } = await this.#train('saveState', { folder }, schema.SavedState, options);
    this.#trained = value.weights.sha256;
    return value;
  }

  /** Goes on from saved files; without `optimizer`, moments and steps begin at zero. */
  async loadState(
    state: { readonly weights: StateFile; readonly optimizer?: StateFile },
    options: Options = {},
  ): Promise<{ readonly steps: number }> {
    const { value } = await this.#process.ask('loadState', state, schema.LoadedState, options);
    this.#trained = state.weights.sha256;
    this.#lost = false;
    return value;
  }

  /** What the codec makes of a conversation, token by token. */
  async encode(
    request: { readonly conversation: Conversation; readonly prompt?: boolean },
    options: Options = {},
  ): Promise<z.infer<typeof schema.Encoded>> {
    return (await this.#process.ask('encode', request, schema.Encoded, options)).value;
  }

  /** The Python side's arithmetic of an objective, in float64, over numbers of tokens with mask 1. */
  async objective(request: {
    readonly objective: GradientsRequest['objective'];
    readonly tokenCount: number;
    readonly logProbs: readonly number[];
    readonly old?: readonly number[];
    readonly reference?: readonly number[];
    readonly advantages?: readonly number[];
  }): Promise<z.infer<typeof schema.ObjectiveValue>> {
    return (await this.#process.ask('objective', request, schema.ObjectiveValue, {})).value;
  }

  /** The process's id, for who watches it; null while none runs. */
  get pid(): number | null {
    return this.#process.pid;
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  /** A verb that needs the training state of this very process. */
  async #train<T>(verb: string, params: object, reply: z.ZodType<T>, options: Options): Promise<Reply<T>> {
    if (this.#lost)
      throw new InfrastructureFailure(
        `${verb}: what was trained is gone with its process; loadState comes first`,
      );
    return this.#process.ask(verb, params, reply, options);
  }
}

type Gradients = z.infer<typeof schema.Gradients>;
type SampledMessage = schema.SampledMessage;
