import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWriteReport } from '../../activities/report.js';
import { findChromium } from '../support/chromium.js';
import { sampleRun } from './sample-run.js';

const executablePath = await findChromium();

describe('the page in a real browser', () => {
  let dir: string;
  let browser: Browser;
  let file: string;
  const heard: string[] = [];

  beforeAll(async () => {
    if (executablePath === null) return;
    dir = await mkdtemp(join(tmpdir(), 'ruminate-browser-'));
    const { deps, input } = await sampleRun(dir);
    const { html } = await createWriteReport(deps)(input);
    file = join(dir, 'report.html');
    await writeFile(file, await deps.store.get(html));
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    if (executablePath === null) return;
    await browser.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function open(widthPx: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: widthPx, height: 900 }, colorScheme });
    heard.length = 0;
    page.on('console', (message) => heard.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => heard.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:') && !request.url().startsWith('file:'))
        heard.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    return page;
  }

  const skip = executablePath === null;
  const why = skip ? ' (skipped: no chromium found; set CHROMIUM_BIN)' : '';

  test.skipIf(skip)(
    `filters rollouts by keyboard alone, and asks no network for anything${why}`,
    async () => {
      const page = await open(1200, 'light');
      const all = await page.locator('article').count();
      const wrong = await page.locator('article[data-outcome=wrong]').count();
      expect(wrong).toBeGreaterThan(0);
      await page.locator('input[name=outcome][value=all]').focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('article:visible').count()).toBe(wrong);
      expect(await page.locator('article[data-outcome=right]:visible').count()).toBe(0);
      expect(await page.locator('#shown').textContent()).toBe(`${wrong} of ${all} rollouts`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowRight');
      const task = await page.locator('input[name=task]:checked').getAttribute('value');
      const both = await page.locator(`article[data-outcome=wrong][data-task=${task}]`).count();
      expect(await page.locator('article:visible').count()).toBe(both);
      expect(heard).toEqual([]);
    },
  );

  test.skipIf(skip)(`draws every picture, and each box inside its frame${why}`, async () => {
    const page = await open(1200, 'dark');
    const broken = await page.evaluate(
      `[...document.images].filter((image) => image.naturalWidth === 0).length`,
    );
    expect(broken).toBe(0);
    const outside = await page.evaluate(`[...document.querySelectorAll('.box')].filter((box) => {
      const [a, b] = [box.getBoundingClientRect(), box.parentElement.getBoundingClientRect()];
      return a.width < 2 || a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
    }).length`);
    expect(outside).toBe(0);
    expect(await page.locator('.box').count()).toBeGreaterThan(5);
    expect(await page.locator('.chart svg path').count()).toBeGreaterThan(0);
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(`fits a phone without scrolling sideways, light and dark${why}`, async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await open(390, scheme);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(heard).toEqual([]);
    }
  });
});
