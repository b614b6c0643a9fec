import { createHash } from 'node:crypto';
import { renderToString } from 'preact-render-to-string';
import type { VNode } from 'preact';
import { html, rawMarkup } from '../report/html/html.js';
import { clientScript } from './client-script.js';
import type { PageData } from './page-data.js';
import { STYLE } from './style.js';

const SCRIPT = clientScript();
const source = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const POLICY = `default-src 'none'; script-src ${source(SCRIPT)}; style-src ${source(STYLE)}; base-uri 'none'; form-action 'none'`;

/** What the page may load and run: its own script and style, and pictures; served, it also speaks to its own server. */
export const PAGE_POLICY = {
  served: `${POLICY}; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'`,
  alone: `${POLICY}; img-src data:`,
} as const;

/** The page: a shell, the data, and the script that draws it. */
export function reviewPage(data: PageData): string {
  const page = html`
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        ${data.mode === 'alone' ? html`<meta http-equiv="Content-Security-Policy" content=${PAGE_POLICY.alone} />` : null}
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>Review · Ruminate</title>
        <style ...${rawMarkup(STYLE)}></style>
      </head>
      <body>
        <div id="app"><p class="note">Loading the trajectories …</p></div>
        <noscript><p class="note">This page needs JavaScript.</p></noscript>
        <script type="application/json" id="data" ...${rawMarkup(jsonForScript(data))}></script>
        <script ...${rawMarkup(SCRIPT)}></script>
      </body>
    </html>
  `;
  return `<!doctype html>\n${renderToString(page as VNode)}\n`;
}

/** JSON in which no character can end a script element or begin a comment in it. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
