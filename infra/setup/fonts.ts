import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The faces that scenes are drawn with; they come with a package, never from the system. */
const FACES = [
  'DejaVuSans.ttf',
  'DejaVuSans-Bold.ttf',
  'DejaVuSansMono.ttf',
  'DejaVuSansMono-Bold.ttf',
  'DejaVuSerif.ttf',
  'DejaVuSerif-Bold.ttf',
];

export interface FontsFound {
  readonly folder: string;
  readonly version: string;
  readonly missing: readonly string[];
}

/** Throws where the package itself is missing. */
export async function findFonts(): Promise<FontsFound> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('dejavu-fonts-ttf/package.json');
  const folder = join(dirname(manifest), 'ttf');
  const missing: string[] = [];
  for (const face of FACES) {
    await access(join(folder, face)).catch(() => missing.push(face));
  }
  const { version } = require(manifest) as { version: string };
  return { folder, version, missing };
}
