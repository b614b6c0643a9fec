import { existsSync } from 'node:fs';
import path from 'node:path';
import { videoOcrOf } from '../../../domain/formats/ocr.js';
import { questionOfPlain } from '../../../domain/formats/plain.js';
import { trajectoryOf } from '../../../domain/formats/trajectory.js';
import { UserError } from '../../../domain/failures.js';
import type { ImportContext } from '../import-context.js';
import { jsonFilesBelow, readJsonFile } from '../json-files.js';
import { folderOf } from './sources.js';

const QUESTIONS = ['questions.jsonl', 'questions.csv'];

/** A folder of videos with questions.jsonl or questions.csv; trajectories.jsonl and ocr/ of a data folder are read too. */
export async function importFolder(context: ImportContext): Promise<void> {
  const dir = await folderOf(
    context.options.sources,
    'a folder of videos with questions.jsonl or questions.csv',
  );
  const [name, more] = QUESTIONS.filter((file) => existsSync(path.join(dir, file)));
  if (name === undefined) throw new UserError(`${dir}: expected ${QUESTIONS.join(' or ')} in this folder`);
  if (more !== undefined)
    throw new UserError(`${dir}: holds ${QUESTIONS.join(' and ')}`, 'Leave the one that is meant.');
  let place = 0;
  for await (const row of context.rows(path.join(dir, name), 'question')) {
    place = row.line ?? place + 1;
    await context.question(row, () => questionOfPlain(row.value, place));
  }
  const trajectories = path.join(dir, 'trajectories.jsonl');
  if (existsSync(trajectories))
    for await (const row of context.rows(trajectories, 'trajectory'))
      await context.trajectory(row, () => trajectoryOf(row.value));
  for (const file of await jsonFilesBelow(path.join(dir, 'ocr'))) {
    context.tally.read('OCR file');
    await context.ocr({ file: path.join(dir, 'ocr', file) }, async () =>
      videoOcrOf(await readJsonFile(path.join(dir, 'ocr', file))),
    );
  }
}
