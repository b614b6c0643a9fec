import { AV_LOG_QUIET } from 'node-av/constants';
import { getFFmpegInfo, Log } from 'node-av/lib';
import type { Picture, VideoInfo, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { refuseMissingFrames } from './clock.js';
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

  async frames(path: string, request: Parameters<VideoReader['frames']>[1]): Promise<readonly Picture[]> {
    const { fps, indices, channels, signal } = request;
    signal?.throwIfAborted();
    return withVideo(path, (video) => {
      refuseMissingFrames(path, video.info.durationSec, fps, indices);
      const pictures = new Map<number, Picture>();
      for (const index of [...new Set(indices)].sort((a, b) => a - b)) {
        signal?.throwIfAborted();
        pictures.set(index, video.pictureAt((index - 1) / fps, channels));
      }
      return indices.map((index) => {
        const picture = pictures.get(index);
        if (picture === undefined) throw new DataFailure(`${path}: frame ${index} could not be decoded`);
        return picture;
      });
    });
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
