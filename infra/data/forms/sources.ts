import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../domain/failures.js';

/** The files that sources name: a file itself, of a folder those directly in it that `wanted` takes, sorted. */
export async function filesOf(
  sources: readonly string[],
  wanted: RegExp,
  what: string,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const source of sources) {
    const found = await statOf(source);
    if (!found.isDirectory()) {
      files.push(source);
      continue;
    }
    const names = (await readdir(source)).filter((name) => wanted.test(name)).sort();
    if (names.length === 0)
      throw new UserError(
        `${source}: expected ${what} in this folder`,
        'Name the file itself, if it is called otherwise.',
      );
    files.push(...names.map((name) => path.join(source, name)));
  }
  return files;
}

/** The one folder that a form is. */
export async function folderOf(sources: readonly string[], what: string): Promise<string> {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0)
    throw new UserError(`expected one source, ${what}, got ${sources.length}`);
  if (!(await statOf(source)).isDirectory()) throw new UserError(`${source}: expected ${what}, found a file`);
  return source;
}

async function statOf(source: string): Promise<{ isDirectory: () => boolean }> {
  return stat(source).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(
      `${source}: ${code === 'ENOENT' ? 'there is no such file or folder' : `cannot be read (${code})`}`,
      undefined,
      { cause },
    );
  });
}
