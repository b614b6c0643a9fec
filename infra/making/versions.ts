import { createRequire } from 'node:module';

/** The version of an installed package, for the record of what shaped the bytes. */
export function packageVersion(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}
