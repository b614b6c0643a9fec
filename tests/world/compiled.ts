import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { writeWorld } from '../../infra/world/write.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * The world's writer as JavaScript, as it is shipped: only then can it share its work among processes. Built
 * beside the packages, so that its imports resolve.
 */
export async function compiledWriter(): Promise<{
  writeWorld: typeof writeWorld;
  remove: () => Promise<void>;
}> {
  const out = path.join(ROOT, 'node_modules', '.cache', `ruminate-world-${process.pid}`);
  for (const room of ['domain', 'infra/world', 'infra/video']) {
    for (const name of await readdir(path.join(ROOT, room), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = path.join(room, name);
      const source = await readFile(path.join(ROOT, file), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
          target: ts.ScriptTarget.ES2023,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
        },
      });
      const built = path.join(out, file.replace(/\.ts$/, '.js'));
      await mkdir(path.dirname(built), { recursive: true });
      await writeFile(built, outputText);
    }
  }
  await writeFile(path.join(out, 'package.json'), '{"type":"module"}');
  const url = pathToFileURL(path.join(out, 'infra/world/write.js')).href;
  const module = (await import(/* @vite-ignore */ url)) as { writeWorld: typeof writeWorld };
  return { writeWorld: module.writeWorld, remove: () => rm(out, { recursive: true, force: true }) };
}
