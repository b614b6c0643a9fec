import { createReadStream } from 'node:fs';

/** How many lines files have: what progress is measured by. Files that are not there have none. */
export async function countLines(files: readonly string[], signal?: AbortSignal): Promise<number> {
  let lines = 0;
  for (const file of files) {
    try {
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
        signal?.throwIfAborted();
        for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines += 1;
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error) || signal?.aborted === true) throw error;
    }
  }
  return lines;
}
