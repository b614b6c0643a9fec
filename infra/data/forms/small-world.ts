import path from 'node:path';
import { Row } from '../../../domain/formats/row.js';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { questionOfWorld } from '../../../domain/formats/small-world.js';
import { UserError } from '../../../domain/failures.js';
import type { ImportContext } from '../import-context.js';
import { readJsonFile } from '../json-files.js';
import { folderOf } from './sources.js';

/** A folder of `ruminate data world`. */
export async function importSmallWorld(context: ImportContext): Promise<void> {
  const dir = await folderOf(context.options.sources, 'a folder that ruminate data world wrote');
  const manifest = path.join(dir, 'world.json');
  const split = await readJsonFile(manifest)
    .then((value) => new Row(value, 'world.json').text('split'))
    .catch((cause: unknown) => {
      if (!(cause instanceof RowRefusal)) throw cause;
      throw new UserError(
        `${manifest}: ${cause.message}`,
        'Name a folder that ruminate data world has finished.',
        { cause },
      );
    });
  for await (const row of context.rows(path.join(dir, 'questions.jsonl'), 'question'))
    await context.question(row, () => questionOfWorld(row.value, split));
}
