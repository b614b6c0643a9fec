import { writevSync } from 'node:fs';
import { refuseMissingFrames } from './clock.js';
import { ascending } from './collect.js';
import type { DecodeAnswer, DecodeJob } from './decode-protocol.js';
import { headerOf } from './decode-protocol.js';
import { refuseTooMany, tookTooLong } from './limits.js';
import { OpenVideo } from './node-av-video.js';

/**
 * A process that decodes and does nothing else, one request after another. It writes to its pipe synchronously, so
 * that a full pipe holds the decoder up, and ends with its parent.
 */
const PIPE = 1;
const STAND_STILL = new Int32Array(new SharedArrayBuffer(4));

process.on('message', (job: DecodeJob) => {
  try {
    decode(job);
    send({ kind: 'end' });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    send({ kind: 'failed', name, message });
  }
});
process.once('disconnect', () => process.exit());
send({ kind: 'ready' });

function decode({ path, limits, threads, frames }: DecodeJob): void {
  const until = Date.now() + limits.maxSeconds * 2000;
  const video = new OpenVideo(path, limits, threads);
  try {
    const { info } = video;
    if (frames === null) {
      send({ kind: 'info', info });
      return;
    }
    const { fps, indices, channels, size } = frames;
    refuseTooMany(path, limits, indices.length);
    refuseMissingFrames(path, info.durationSec, fps, indices);
    for (const index of ascending(indices)) {
      // The parent counts; this is for a child that has lost it.
      if (process.connected === false && Date.now() > until) throw tookTooLong(path, limits);
      const { data, ...picture } = video.pictureAt((index - 1) / fps, channels, size);
      send({ kind: 'frame', index, ...picture, bytes: data.length }, data);
    }
  } finally {
    video.close();
  }
}

function send(answer: DecodeAnswer, pixels?: Uint8Array): void {
  let parts: Uint8Array[] = pixels === undefined ? [headerOf(answer)] : [headerOf(answer), pixels];
  while (parts.length > 0) {
    let written = 0;
    try {
      written = writevSync(PIPE, parts);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // Nobody reads any more.
      if (code === 'EPIPE') process.exit();
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(STAND_STILL, 0, 0, 1);
    }
    parts = parts.flatMap((part) => {
      const rest = part.subarray(Math.min(written, part.length));
      written -= part.length - rest.length;
      return rest.length === 0 ? [] : [rest];
    });
  }
}
