import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { refusalOfFile } from './rows/read.js';
import { jsonOf, textOf } from './rows/row.js';

/** A JSON file as a value; RowRefusal where it is none or may not be read. */
export async function readJsonFile(file: string): Promise<unknown> {
  try {
    const bytes = await readFile(file);
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return jsonOf(textOf(marked ? bytes.subarray(3) : bytes));
  } catch (error) {
    throw refusalOfFile(error) ?? error;
  }
}

/** The JSON files below a folder, by their paths from it with `/`, sorted; none where the folder is not there. */
export async function jsonFilesBelow(dir: string): Promise<readonly string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return found
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}
