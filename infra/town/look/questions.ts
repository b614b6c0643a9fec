import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { EvidenceRecord } from '../../../domain/data/records.js';
import { DataFailure, UserError } from '../../../domain/failures.js';
import type { Box01 } from '../../../domain/world/records.js';

/** A question of a data folder, as far as a contact sheet needs it. */
export interface Shown {
  readonly id: string;
  readonly video: string;
  readonly file: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly task: string | null;
  readonly evidence: readonly EvidenceRecord[];
}

export interface ShownFolder {
  readonly questions: readonly Shown[];
  /** Rate at which a policy samples: the folder's, else once a second. */
  readonly lookFps: number;
}

/** Reads the questions of a data folder or of a small-world folder; refuses lines that are neither, by their number. */
export async function readShown(dir: string): Promise<ShownFolder> {
  const name = path.join(dir, 'questions.jsonl');
  const text = await readFile(name, 'utf8').catch((cause: unknown) => {
    throw new UserError(`${name}: cannot be read`, 'Name a data folder, such as ruminate data town writes.', {
      cause,
    });
  });
  const manifest = await readFile(path.join(dir, 'data.json'), 'utf8').then(
    parsed,
    (): Record<string, unknown> => ({}),
  );
  const root = path.resolve(dir, typeof manifest['videoRoot'] === 'string' ? manifest['videoRoot'] : '.');
  const rate = manifest['lookFps'];
  const questions = text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    try {
      return [shownOf(parsed(line), root)];
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DataFailure(`${name}:${at + 1}: ${why}`, { cause });
    }
  });
  return { questions, lookFps: typeof rate === 'number' && rate > 0 && rate <= 60 ? rate : 1 };
}

function shownOf(row: Record<string, unknown>, root: string): Shown {
  const video = textOf(row, 'video');
  const file = path.resolve(root, video);
  if (!file.startsWith(root + path.sep))
    throw new Error(`video: expected a path within ${root}, got ${video}`);
  const { answers, evidence = [] } = row;
  if (!Array.isArray(answers) || answers.some((answer) => typeof answer !== 'string'))
    throw new Error('answers: expected a list of texts');
  if (!Array.isArray(evidence)) throw new Error('evidence: expected a list');
  return {
    id: textOf(row, 'id'),
    video,
    file,
    question: textOf(row, 'question'),
    answers: answers as string[],
    task: typeof row['task'] === 'string' ? row['task'] : null,
    evidence: evidence.map(evidenceOf),
  };
}

/** Evidence of a data folder has boxes through time; that of the small world has one box. */
function evidenceOf(value: unknown): EvidenceRecord {
  if (typeof value !== 'object' || value === null) throw new Error('evidence: expected objects');
  const { startSec, endSec, text, boxes, box01 } = value as Record<string, unknown>;
  if (typeof startSec !== 'number' || typeof endSec !== 'number' || !(startSec < endSec))
    throw new Error('evidence: expected startSec before endSec');
  const listed: readonly unknown[] = Array.isArray(boxes)
    ? boxes
    : box01 === undefined
      ? []
      : [{ sec: startSec, box01 }];
  return {
    startSec,
    endSec,
    ...(typeof text === 'string' ? { text } : {}),
    boxes: listed.map((one) => {
      const { sec, box01: box } = (typeof one === 'object' && one !== null ? one : {}) as Record<
        string,
        unknown
      >;
      if (typeof sec !== 'number' || !isBox(box))
        throw new Error('evidence: expected boxes of sec and box01 within the frame');
      return { sec, box01: box };
    }),
  };
}

function isBox(value: unknown): value is Box01 {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [x1, y1, x2, y2] = value as unknown[];
  const inside = value.every((side) => typeof side === 'number' && side >= 0 && side <= 1);
  return inside && (x1 as number) < (x2 as number) && (y1 as number) < (y2 as number);
}

function textOf(row: Record<string, unknown>, name: string): string {
  const value = row[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${name}: expected a text, got ${JSON.stringify(value) ?? 'nothing'}`);
}

function parsed(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('expected a JSON object');
  return value as Record<string, unknown>;
}
