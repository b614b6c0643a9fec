import type { EvidenceRecord, QuestionRecord, SourceRecord } from '../data/records.js';
import { box01Of } from './boxes.js';
import { pathBelow } from './paths.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';

/** What a row's own form cannot express is kept under this name, so that writing and reading again lose nothing. */
export const KEPT = 'ruminate';

/** A line of `questions.jsonl` as a record. Fields that a record does not have are refused: it was written by a program. */
export function questionOf(value: unknown): QuestionRecord {
  const row = new Row(value);
  const record = questionIn(row);
  refuseUnknown(row, 'a question');
  return record;
}

/** The record in a row that may hold more. Optional fields are absent, never undefined. */
export function questionIn(row: Row): QuestionRecord {
  const id = row.name('id');
  const split = row.optionalText('split');
  const task = row.optionalText('task');
  const source = sourceIn(row);
  return {
    id,
    video: pathBelow(row.text('video')),
    question: row.text('question'),
    answers: row.answers('answers'),
    ...(row.has('options') ? { options: row.texts('options') } : {}),
    ...(split === undefined ? {} : { split }),
    ...(task === undefined ? {} : { task }),
    ...(row.has('evidence') ? { evidence: row.objects('evidence').map(evidenceOf) } : {}),
    ...(source === undefined ? {} : { source }),
  };
}

export function sourceIn(row: Row): SourceRecord | undefined {
  if (!row.has('source')) return undefined;
  const source = row.object('source');
  const fields = source.has('fields') ? (source.object('fields'), source.raw('fields')) : {};
  return { form: source.text('form'), fields: fields as SourceRecord['fields'] };
}

function evidenceOf(row: Row): EvidenceRecord {
  const startSec = row.number('startSec');
  const endSec = row.number('endSec');
  if (!(startSec >= 0 && startSec < endSec))
    throw new RowRefusal(
      'time-outside',
      `expected evidence from 0 ≤ startSec < endSec, got ${startSec} to ${endSec}`,
    );
  const boxes = row
    .objects('boxes')
    .map((box) => ({ sec: box.number('sec'), box01: box01Of(box.raw('box01'), 'box01') }));
  const text = row.has('text') ? { text: row.anyText('text') } : {};
  refuseUnknown(row, 'evidence');
  return { startSec, endSec, ...text, boxes };
}

export function refuseUnknown(row: Row, what: string): void {
  const [unknown] = Object.keys(row.rest());
  if (unknown !== undefined)
    throw new RowRefusal(
      'bad-value',
      `"${unknown}" is not a field of ${what}; fields of another form belong in source.fields`,
    );
}
