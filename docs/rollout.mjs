// Makes docs/rollout.png: one rollout of a run's report, as the page shows it.
//   node docs/rollout.mjs path/to/report.html
// Needs an installed chromium (CHROMIUM_BIN, else /usr/bin/chromium).
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [report] = process.argv.slice(2);
if (report === undefined) {
  console.error('expected the path of a report.html, got none');
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, deviceScaleFactor: 2 });
await page.goto(pathToFileURL(resolve(report)).href);
const right = page.locator('article[data-outcome=right]');
const several = right.and(page.locator('[data-task=lookup]'));
const chosen = (await several.count()) > 0 ? several : right;
const file = join(dirname(fileURLToPath(import.meta.url)), 'rollout.png');
await chosen.first().screenshot({ path: file });
await browser.close();
console.log(file);
