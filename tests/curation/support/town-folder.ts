import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QuestionRecord } from '../../../domain/data/records.js';
import { knobsOf } from '../../../domain/town/knobs.js';
import type { TownTruth } from '../../../domain/town/records.js';
import { writeTown } from '../../../infra/town/write.js';

export interface TownOfTexts {
  readonly questions: readonly QuestionRecord[];
  readonly truths: readonly TownTruth[];
}

/** Easy videos of the town with a perfect reader's side files: nothing is blurred, so that what stands there is evidence. */
export async function writeEasyTown(
  dir: string,
  videos: number,
  seed: number,
  size: { readonly widthPx?: number; readonly heightPx?: number } = {},
): Promise<TownOfTexts> {
  const knobs = knobsOf('easy', size);
  await writeTown({ dir, videos, seed, split: 'train', knobs, ocrTruth: true, processes: 1 });
  return {
    questions: await lines<QuestionRecord>(join(dir, 'questions.jsonl')),
    truths: await lines<TownTruth>(join(dir, 'truth.jsonl')),
  };
}

async function lines<T>(file: string): Promise<readonly T[]> {
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}
