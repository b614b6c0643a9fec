import { availableParallelism } from 'node:os';
import { getFFmpegInfo } from 'node-av/lib';
import type { FrameRequest, Picture, StreamedFrame, VideoInfo, VideoReader } from '../../activities/ports.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import { inOrderAsked } from './collect.js';
import type { Received } from './decode-answers.js';
import { DecodePool } from './decode-pool.js';
import type { DecodeJob } from './decode-protocol.js';
import { refuseNoFile } from './files.js';
import type { VideoLimits } from './limits.js';
import { DEFAULT_LIMITS } from './limits.js';

/**
 * Decodes through the FFmpeg libraries that `node-av` carries, in a process of its own: a file that crashes them,
 * fills the memory or never ends costs that process and nothing else.
 */
export class NodeAvReader implements VideoReader {
  readonly version = `node-av (FFmpeg ${getFFmpegInfo().version})`;
  readonly #pool = new DecodePool();
  readonly #limits: VideoLimits;

  constructor(limits: VideoLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** Ids of the processes that decode. */
  get pids(): readonly number[] {
    return this.#pool.pids;
  }

  async probe(path: string, signal?: AbortSignal): Promise<VideoInfo> {
    signal?.throwIfAborted();
    await refuseNoFile(path);
    const [received] = await this.#pool.all(this.#jobFor(path, null), signal);
    if (received?.answer.kind === 'info') return received.answer.info;
    throw new InfrastructureFailure(`${path}: the process that decodes gave no answer`);
  }

  async *stream(path: string, request: FrameRequest): AsyncGenerator<StreamedFrame> {
    const { signal } = request;
    signal?.throwIfAborted();
    await refuseNoFile(path);
    for await (const received of this.#pool.run(this.#jobFor(path, request), signal)) yield frameOf(received);
  }

  async frames(path: string, request: FrameRequest): Promise<readonly Picture[]> {
    const { indices, signal } = request;
    signal?.throwIfAborted();
    await refuseNoFile(path);
    if (indices.length === 0) return [];
    const answers = await this.#pool.all(this.#jobFor(path, request), signal);
    return inOrderAsked(path, indices, answers.map(frameOf));
  }

  #jobFor(path: string, request: FrameRequest | null): DecodeJob {
    const common = { path, limits: this.#limits, threads: availableParallelism() };
    if (request === null) return { ...common, frames: null };
    const { fps, indices, channels, size } = request;
    return { ...common, frames: { fps, indices, channels, ...(size === undefined ? {} : { size }) } };
  }
}

function frameOf({ answer, pixels }: Received): StreamedFrame {
  if (answer.kind !== 'frame' || pixels === null) {
    throw new InfrastructureFailure(
      `the process that decodes answered "${answer.kind}" where a frame was due`,
    );
  }
  const { index, widthPx, heightPx, channels } = answer;
  return { index, picture: { widthPx, heightPx, channels, data: pixels } };
}
