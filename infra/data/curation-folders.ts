import path from 'node:path';
import type { CurationFolders, Lines } from '../../activities/curation/ports.js';
import type { QuestionRecord } from '../../domain/data/records.js';
import { decisionOf } from '../../domain/formats/decision.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { UserError } from '../../domain/failures.js';
import { openDataFolder } from './read-folder.js';
import { readRows } from './rows/read.js';
import { placeText, type Place } from './rows/row.js';

/** What a curation begins with: each refused line is a sentence with its place, and the rest is read. */
export const curationFolders: CurationFolders = {
  async open(dir) {
    const folder = await openDataFolder(dir);
    const { records, refused, refuse } = lines<QuestionRecord>();
    const first = new Map<string, number>();
    for await (const { record, ...place } of folder.placedQuestions({ onRefused: refuse })) {
      const before = first.get(record.id);
      if (before === undefined) records.push({ line: place.line ?? 0, record });
      else refuse(place, new RowRefusal('duplicate-id', `the id "${record.id}" stands in line ${before}`));
      first.set(record.id, before ?? place.line ?? 0);
    }
    return { videoRoot: folder.videoRoot, questions: { records, refused } };
  },

  async decisions(file) {
    const { records, refused, refuse } = lines<ReturnType<typeof decisionOf>>();
    for await (const row of readRows(file)) {
      if ('refusal' in row && row.line === undefined)
        throw new UserError(`${file}: expected decisions, but ${row.refusal.message}`, 'Check the path.');
      try {
        if ('refusal' in row) throw row.refusal;
        records.push({ line: row.line ?? 0, record: decisionOf(row.value) });
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        refuse(row, error);
      }
    }
    return { records, refused };
  },
};

function lines<T>(): {
  readonly records: Lines<T>['records'][number][];
  readonly refused: string[];
  readonly refuse: (place: Place, refusal: RowRefusal) => void;
} {
  const refused: string[] = [];
  const refuse = (place: Place, { message }: RowRefusal): void => {
    refused.push(`${placeText({ ...place, file: path.basename(place.file) })}: ${message}`);
  };
  return { records: [], refused, refuse };
}
