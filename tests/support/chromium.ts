import { existsSync } from 'node:fs';
import { findOnPath } from '../../infra/setup/paths.js';

/** `CHROMIUM_BIN`, else an installed chromium or chrome; null where there is none. */
export async function findChromium(): Promise<string | null> {
  const named = process.env['CHROMIUM_BIN'];
  if (named !== undefined && existsSync(named)) return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = await findOnPath(name);
    if (found !== null) return found;
  }
  return null;
}
