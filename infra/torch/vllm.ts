import type { SampleMessages, StateFile, TokenModel } from '../../activities/torch/model.js';
import { BugFailure } from '../../domain/failures.js';
import type { RequestOptions } from './connection.js';
import { LoadedProcess } from './loaded.js';
import type { ProcessOptions } from './process.js';
import * as schema from './schema.js';
import type { TorchEngine } from './torch-engine.js';

type Options = RequestOptions;

/**
 * A model whose messages vLLM draws, in a process and a Python of its own; all else is its engine's. Each of the two
 * processes starts when it is first needed: who only trains starts no vLLM, who only samples nothing else.
 */
export class VllmModel implements TokenModel {
  readonly #engine: TorchEngine;
  readonly #vllm: LoadedProcess<schema.SamplerLoaded>;

  constructor(engine: TorchEngine, load: schema.SamplerRequest, options: Omit<ProcessOptions, 'module'>) {
    this.#engine = engine;
    this.#vllm = new LoadedProcess(
      { request: load, reply: schema.SamplerLoaded },
      { ...options, module: 'ruminate_torch.vllm_sampler' },
      () => undefined,
    );
  }

  get trained(): string | null {
    return this.#engine.trained;
  }

  /** Ids of the processes that run, for who watches them. */
  get pids(): { readonly engine: number | null; readonly vllm: number | null } {
    return { engine: this.#engine.pid, vllm: this.#vllm.pid };
  }

  async start(options: Options = {}): Promise<schema.SamplerLoaded> {
    return (await this.#vllm.start(options)).loaded;
  }

  /** Weights are handed over by their file; the messages say which they were drawn with, and others are refused. */
  async sample(request: SampleMessages, options: Options = {}): Promise<readonly schema.SampledMessage[]> {
    const { value } = await this.#vllm.ask('sample', request, schema.SampledBy, options);
    refuseOtherWeights(request.weights, value.weights);
    return value.messages;
  }

  forwardBackward(...given: Parameters<TokenModel['forwardBackward']>) {
    return this.#engine.forwardBackward(...given);
  }

  optimStep(...given: Parameters<TokenModel['optimStep']>) {
    return this.#engine.optimStep(...given);
  }

  logProbs(...given: Parameters<TokenModel['logProbs']>) {
    return this.#engine.logProbs(...given);
  }

  embed(...given: Parameters<TokenModel['embed']>) {
    return this.#engine.embed(...given);
  }

  saveState(...given: Parameters<TokenModel['saveState']>) {
    return this.#engine.saveState(...given);
  }

  loadState(...given: Parameters<TokenModel['loadState']>) {
    return this.#engine.loadState(...given);
  }

  async close(): Promise<void> {
    await Promise.all([this.#vllm.close(), this.#engine.close()]);
  }
}

function refuseOtherWeights(asked: StateFile | undefined, drawnWith: string | null): void {
  const expected = asked?.sha256 ?? null;
  if (drawnWith === expected) return;
  throw new BugFailure(
    `vLLM drew with the weights ${drawnWith ?? 'of the folder'}, and ${expected} were asked for`,
  );
}
