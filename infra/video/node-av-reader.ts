import { AV_LOG_QUIET } from 'node-av/constants';
import { getFFmpegInfo, Log } from 'node-av/lib';
import type { FrameRequest, Picture, StreamedFrame, VideoInfo, VideoReader } from '../../activities/ports.js';
import { refuseMissingFrames } from './clock.js';
import { ascending, collected } from './collect.js';
import { refuseNoFile } from './files.js';
import { OpenVideo } from './node-av-video.js';

/**
 * Decodes in this process through the FFmpeg libraries that `node-av` carries. Only its synchronous calls are
 * used: its asynchronous ones need Node 22.
 */
export class NodeAvReader implements VideoReader {
  readonly version = `node-av (FFmpeg ${getFFmpegInfo().version})`;

  async probe(path: string, signal?: AbortSignal): Promise<VideoInfo> {
    signal?.throwIfAborted();
    return withVideo(path, (video) => video.info);
  }

  async *stream(path: string, request: FrameRequest): AsyncGenerator<StreamedFrame> {
    const { fps, indices, channels, size, signal } = request;
    signal?.throwIfAborted();
    await refuseNoFile(path);
    Log.setLevel(AV_LOG_QUIET);
    const video = new OpenVideo(path);
    try {
      refuseMissingFrames(path, video.info.durationSec, fps, indices);
      for (const index of ascending(indices)) {
        signal?.throwIfAborted();
        yield { index, picture: video.pictureAt((index - 1) / fps, channels, size) };
      }
    } finally {
      video.close();
    }
  }

  frames(path: string, request: FrameRequest): Promise<readonly Picture[]> {
    return collected(this, path, request);
  }
}

/** Opens the file, lends it, and frees everything that FFmpeg allocated. */
async function withVideo<T>(path: string, use: (video: OpenVideo) => T): Promise<T> {
  await refuseNoFile(path);
  Log.setLevel(AV_LOG_QUIET);
  const video = new OpenVideo(path);
  try {
    return use(video);
  } finally {
    video.close();
  }
}
