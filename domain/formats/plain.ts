import type { QuestionRecord } from '../data/records.js';
import { pathBelow } from './paths.js';
import { questionIn } from './question.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';

/** A folder of one's own videos with `questions.jsonl` or `questions.csv`. */
export const FOLDER = 'folder';

/**
 * One row: `video`, `question` and `answers` (or `answer`, one text), and what else a QuestionRecord may have. A row
 * without `id` is named by its place. Fields that the record has no place for are kept in its source.
 */
export function questionOfPlain(value: unknown, place: number): QuestionRecord {
  const row = new Row(value);
  const single = row.raw('answer');
  const given = {
    id: row.has('id') ? row.name('id') : `row-${place}`,
    video: pathBelow(row.text('video')),
    answers: row.has('answers')
      ? row.answers('answers')
      : row.has('answer')
        ? row.answers('answer')
        : row.answers('answers'),
  };
  if (row.has('answers') && single !== undefined && single !== null)
    throw new RowRefusal('bad-value', 'both "answer" and "answers" are there: expected one of them');
  const wanted = ['question', 'options', 'split', 'task', 'evidence', 'source'];
  const more = Object.fromEntries(
    wanted.filter((name) => row.has(name)).map((name) => [name, row.raw(name)]),
  );
  for (const name of wanted) row.raw(name);
  const record = questionIn(new Row({ ...more, ...given }));
  const rest = row.rest();
  if (Object.keys(rest).length === 0) return record;
  const twice = Object.keys(rest).find((name) => Object.hasOwn(record.source?.fields ?? {}, name));
  if (twice !== undefined)
    throw new RowRefusal('bad-value', `"${twice}" stands in the row and in its source.fields`);
  return {
    ...record,
    source: { form: record.source?.form ?? FOLDER, fields: { ...record.source?.fields, ...rest } },
  };
}

/** A CSV row: lists (`answers`, `options`) are a JSON list where the cell begins with `[`, else a list of one. Empty cells are absent. */
export function plainOfCells(cells: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(cells).flatMap(([name, cell]): readonly (readonly [string, unknown])[] => {
      if (cell === '') return [];
      if (name === 'answers' || name === 'options') return [[name, listOf(name, cell)]];
      if (name === 'evidence' || name === 'source') return [[name, json(name, cell)]];
      return [[name, cell]];
    }),
  );
}

function listOf(name: string, cell: string): unknown {
  return cell.trimStart().startsWith('[') ? json(name, cell) : [cell];
}

function json(name: string, cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    throw new RowRefusal(
      'broken-json',
      `"${name}" begins like JSON and is none: a single text that begins with [ is written as a JSON list`,
    );
  }
}
