import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SideFiles } from '../../activities/curation/ports.js';
import type { VideoOcr } from '../../domain/data/records.js';
import { videoOcrOf } from '../../domain/formats/ocr.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { DataFailure } from '../../domain/failures.js';

/** Reads `DIR/ocr/<video>.json`. A word that is wrong (its box leaves the frame) is left out and counted; it is not moved. */
export const sideFiles: SideFiles = {
  async read(dir, video) {
    const file = path.join(dir, 'ocr', `${video}.json`);
    const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null;
      throw new DataFailure(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
    });
    if (bytes === null) return null;
    const dropped: Record<string, number> = {};
    const ocr = parse(file, bytes.toString('utf8'), ({ reason }) => {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    });
    return { ocr: { ...ocr, video }, sha256: createHash('sha256').update(bytes).digest('hex'), dropped };
  },
};

function parse(file: string, text: string, onRefused: (word: RowRefusal) => void): VideoOcr {
  try {
    return videoOcrOf(JSON.parse(text), onRefused);
  } catch (cause) {
    if (cause instanceof RowRefusal || cause instanceof SyntaxError)
      throw new DataFailure(`${file}: is no side file of read text: ${cause.message}`, { cause });
    throw cause;
  }
}
