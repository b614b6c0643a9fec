import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QuestionRecord } from '../../../domain/data/records.js';
import type { Question } from '../../../domain/world/records.js';
import { writeWorld } from '../../../infra/world/write.js';

/** Videos of the small world as a data folder: its questions, with their evidence, in the records that curation reads. */
export async function writeWorldFolder(dir: string, videos: number): Promise<readonly QuestionRecord[]> {
  await writeWorld({ dir, videos, seed: 11, split: 'train', processes: 1 });
  const file = join(dir, 'questions.jsonl');
  const questions = (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => recordOf(JSON.parse(line) as Question));
  await writeFile(file, questions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return questions;
}

/** A clip's evidence is a symbol or a count: nothing that is written there. */
function recordOf({ id, video, question, answers, task, evidence }: Question): QuestionRecord {
  return {
    id,
    video,
    question,
    answers,
    task,
    evidence: evidence.map(({ tool, startSec, endSec, box01, text }) => ({
      startSec,
      endSec,
      ...(tool === 'crop' ? { text } : {}),
      boxes: [{ sec: startSec, box01 }],
    })),
  };
}
