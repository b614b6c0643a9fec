import { readFile } from 'node:fs/promises';
import type { CurationSettings } from '../domain/curation/settings.js';
import { UserError } from '../domain/failures.js';
import { refusal } from './load.js';
import { problemsOf } from './problems.js';
import { curationFile } from './schema/curation.js';
import { readYaml } from './yaml.js';

/** Reads and checks a curation's settings as a whole. Throws one `UserError` that lists every problem. */
export async function loadCuration(path: string): Promise<CurationSettings> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(
      `expected a curation's settings at ${path}, but ${code === 'ENOENT' ? 'there is no such file' : code}`,
      'name a YAML file such as configs/curation.yaml, or none for the defaults',
      { cause },
    );
  });
  return parseCuration(text, path);
}

/** Settings from YAML text; `fileName` is for messages alone. An empty text is all defaults. */
export function parseCuration(text: string, fileName: string): CurationSettings {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) throw refusal(fileName, yaml.problems);
  const parsed = curationFile.safeParse(yaml.value ?? {});
  if (parsed.success) return parsed.data;
  const kind = { schema: curationFile, noun: "a curation's settings" };
  throw refusal(fileName, problemsOf(parsed.error.issues, yaml, kind));
}
