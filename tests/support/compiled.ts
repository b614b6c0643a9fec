import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Rooms of the sources as JavaScript, as they are shipped, for what runs in a process of its own. Built beside the
 * packages, so that imports resolve. `name` keeps those of two tests apart.
 */
export async function compiledRooms(
  name: string,
  rooms: readonly string[],
): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const folder = path.join(ROOT, 'node_modules', '.cache', `ruminate-${name}-${process.pid}`);
  for (const room of rooms) {
    for (const found of await readdir(path.join(ROOT, room), { recursive: true })) {
      if (!found.endsWith('.ts')) continue;
      const file = path.join(room, found);
      const source = await readFile(path.join(ROOT, file), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
          target: ts.ScriptTarget.ES2023,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
        },
      });
      const built = path.join(folder, file.replace(/\.ts$/, '.js'));
      await mkdir(path.dirname(built), { recursive: true });
      await writeFile(built, outputText);
    }
  }
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
