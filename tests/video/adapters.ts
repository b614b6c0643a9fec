import type { VideoReader, VideoWriter } from '../../activities/ports.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { NodeAvWriter } from '../../infra/video/node-av-writer.js';
import { resolveVideo } from '../../infra/video/resolve.js';

export interface Adapter {
  readonly name: string;
  readonly reader: VideoReader;
  readonly writer: VideoWriter;
}

/** Every adapter that this machine can run: node-av always, and the ffmpeg that is named or on PATH, if any. */
export async function adaptersHere(): Promise<readonly Adapter[]> {
  const carried = { name: 'node-av', reader: new NodeAvReader(), writer: new NodeAvWriter() };
  const binary = process.env['FFMPEG_BIN'] ?? 'ffmpeg';
  try {
    const { reader, writer } = await resolveVideo({ ...process.env, FFMPEG_BIN: binary });
    return [carried, { name: reader.version, reader, writer }];
  } catch {
    return [carried];
  }
}
