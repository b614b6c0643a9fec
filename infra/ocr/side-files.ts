import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SideFiles } from '../../activities/curation/ports.js';
import { isInFrame } from '../../domain/curation/boxes.js';
import type { VideoOcr } from '../../domain/data/records.js';
import { DataFailure } from '../../domain/failures.js';

const word = z.object({
  text: z.string(),
  box01: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  confidence: z.number().min(0).max(1).nullable(),
  line: z.int().min(0),
});
const schema = z.object({
  version: z.literal(1),
  video: z.string(),
  fps: z.number().positive(),
  by: z.string(),
  frames: z.array(z.object({ frame: z.int().min(1), words: z.array(word) })),
});

/** Reads `DIR/ocr/<video>.json`. A word whose box is not in the frame is left out and counted; it is not moved. */
export const sideFiles: SideFiles = {
  async read(dir, video) {
    const file = path.join(dir, 'ocr', `${video}.json`);
    const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null;
      throw new DataFailure(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
    });
    if (bytes === null) return null;
    const given = parse(file, bytes.toString('utf8'));
    let outside = 0;
    const frames = given.frames
      .map(({ frame, words }) => {
        const inside = words.filter(({ box01 }) => isInFrame(box01));
        outside += words.length - inside.length;
        return { frame, words: inside };
      })
      .sort((a, b) => a.frame - b.frame);
    return {
      ocr: { ...given, video, frames },
      sha256: createHash('sha256').update(bytes).digest('hex'),
      dropped: outside === 0 ? {} : { 'box outside the frame': outside },
    };
  },
};

function parse(file: string, text: string): VideoOcr {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataFailure(`${file}: expected JSON: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DataFailure(
    `${file}: is no side file of read text: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}
