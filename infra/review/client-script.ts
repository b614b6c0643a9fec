import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The page's own modules in an order in which each finds what it uses. */
const MODULES = ['shapes', 'source', 'edit', 'looks', 'box', 'turns', 'list', 'bars', 'keys', 'app'] as const;
const USED = 'html, render, useEffect, useLayoutEffect, useMemo, useRef, useState';

/**
 * The page's JavaScript as one script: preact with htm as their package ships them for browsers, then our modules, compiled,
 * without their imports and exports. No bundler: the modules are few, and share one scope.
 */
export function clientScript(): string {
  // Their package names a file for `require` that it does not ship; this one is for browsers.
  const folder = dirname(createRequire(import.meta.url).resolve('htm/preact'));
  const library = readFileSync(join(folder, 'standalone.umd.js'), 'utf8');
  const modules = MODULES.map((name) =>
    readFileSync(fileURLToPath(new URL(`./client/${name}.js`, import.meta.url)), 'utf8')
      .replace(/^import [^;]*;\n/gm, '')
      .replace(/^export (?=(async )?(function|const|class)\b)/gm, '')
      .replace(/^export \{\};\n/gm, '')
      .replace(/^\/\/# sourceMappingURL=.*$/gm, ''),
  );
  // Inside a script element only this would end it.
  return [
    library,
    '(() => {',
    `'use strict';`,
    `const { ${USED} } = globalThis.htmPreact;`,
    ...modules,
    '})();',
  ]
    .join('\n')
    .replaceAll('</script', '<\\/script');
}
