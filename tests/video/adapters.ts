import type { VideoReader, VideoWriter } from '../../activities/ports.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { NodeAvWriter } from '../../infra/video/node-av-writer.js';
import { resolveVideo } from '../../infra/video/resolve.js';

export interface Adapter {
  readonly name: string;
  readonly reader: VideoReader;
  readonly writer: VideoWriter;
}

/** Every adapter that this machine can run: node-av always, and the binary that `resolveVideo` finds, if any. */
export async function adaptersHere(): Promise<readonly Adapter[]> {
  const inProcess = { name: 'node-av', reader: new NodeAvReader(), writer: new NodeAvWriter() };
  const found = await resolveVideo();
  if (found.binary === null) return [inProcess];
  return [inProcess, { name: `ffmpeg (${found.foundBy})`, reader: found.reader, writer: found.writer }];
}
