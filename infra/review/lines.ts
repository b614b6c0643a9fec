import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { isNodeError } from '../home/files.js';
import { UserError } from '../../domain/failures.js';

/** A line that is JSON, or why it is not. Blank lines are left out. */
export interface JsonLine {
  /** 1-based. */
  readonly line: number;
  readonly value: unknown;
  readonly broken: string | null;
}

/** The lines of a file in order; none where there is no file. Any other trouble is the person's to mend. */
export async function* jsonLines(file: string): AsyncGenerator<JsonLine> {
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() === '') continue;
      yield { line, ...parsed(text) };
    }
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') return;
    if (isNodeError(error))
      throw new UserError(`${file} cannot be read (${error.code})`, 'Check its permissions.', {
        cause: error,
      });
    throw error;
  }
}

function parsed(text: string): { readonly value: unknown; readonly broken: string | null } {
  try {
    return { value: JSON.parse(text) as unknown, broken: null };
  } catch (error) {
    return { value: null, broken: error instanceof Error ? error.message : String(error) };
  }
}
