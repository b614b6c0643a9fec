import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Decision } from '../../domain/curation/decisions.js';
import { homeAt } from '../../infra/home/home.js';
import { findChromium } from '../support/chromium.js';
import { CommandLine } from '../support/command-line.js';
import { answer, crop, NASTY, priceBox, sampleFolder, trajectory } from './sample.js';
import { serve, type Served } from './served.js';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const executablePath = await findChromium();
const skip = executablePath === null;
const why = skip ? ' (skipped: no chromium found; set CHROMIUM_BIN)' : '';

describe('the review page in a real browser', () => {
  let dir: string;
  let browser: Browser;
  let served: Served | null = null;
  const heard: string[] = [];

  beforeAll(async () => {
    if (!skip) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    if (!skip) await browser.close();
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ruminate-review-'));
    await sampleFolder(dir);
  });
  afterEach(async () => {
    for (const context of skip ? [] : browser.contexts()) await context.close();
    await served?.end();
    served = null;
    await rm(dir, { recursive: true, force: true });
  });

  /** Opens a page; whatever it says to the console or asks of anybody but its server is heard. */
  async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    heard.length = 0;
    page.on('console', (message) => heard.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => heard.push(`error: ${error.message}`));
    page.on('request', (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !/^(data|blob):/.test(asked)) heard.push(`request: ${asked}`);
    });
    await page.goto(url);
    await page.waitForSelector('article');
    // Pictures that come later move what stands below them.
    await until(page, `[...document.querySelectorAll('article img')].every(({ complete }) => complete)`);
    return page;
  }

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    served ??= await serve(dir, '--by', 'ada');
    return visit(served.url, options);
  }

  /** Waits until an expression is true; evaluated from outside, because the page's own policy forbids it to evaluate text. */
  async function until(page: Page, expression: string): Promise<void> {
    await expect
      .poll(() => page.evaluate(`Boolean(${expression})`), { timeout: 40_000, interval: 50 })
      .toBe(true);
  }

  const question = (page: Page): Promise<string | null> => page.locator('article h2').textContent();
  const status = (page: Page): Promise<string | null> => page.locator('[role=status]').textContent();
  async function decisions(): Promise<readonly Decision[]> {
    const text = await readFile(join(dir, 'decisions.jsonl'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Decision);
  }
  /** Presses keys one after the other, as a person who sees what each does: two frames later its effects have run. */
  async function press(page: Page, ...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await page.keyboard.press(key);
      await page.evaluate(
        `new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(seen))))`,
      );
    }
  }

  test.skipIf(skip)(
    `accepts and rejects by keyboard: each decision is on the disk before the page goes on${why}`,
    async () => {
      const page = await open();
      expect(await question(page)).toBe('What does the coffee cost?');
      await press(page, 'a');
      await until(page, `document.querySelector('article h2').textContent.includes('sold')`);
      expect(await decisions()).toMatchObject([{ id: 'one', decision: 'accepted', by: 'ada' }]);
      await press(page, 'r', '3');
      await until(page, `document.querySelector('article h2').textContent.includes('middle')`);
      await press(page, 'r', 'Tab');
      await page.locator('.panel input').fill('a reason of "my" own');
      await press(page, 'Enter');
      await until(page, `document.querySelector('article h2').textContent.includes('frame 2')`);
      expect((await decisions()).map(({ id, decision, why: reason }) => [id, decision, reason])).toEqual([
        ['one', 'accepted', undefined],
        ['two', 'rejected', 'the answer is wrong or ambiguous'],
        ['three', 'rejected', 'a reason of "my" own'],
      ]);
      expect(await page.locator('[role=progressbar]').getAttribute('aria-valuenow')).toBe('3');
      expect(heard).toEqual([]);
    },
  );

  test.skipIf(skip)(`mends a box, a frame, a thought and the answer without a mouse${why}`, async () => {
    const page = await open();
    await press(page, 'm');
    // The first box has the focus.
    await press(page, 'ArrowRight', 'ArrowRight', 'Shift+ArrowDown', 'Alt+ArrowUp', ']');
    await until(page, `document.querySelector('.stepper').textContent.includes('frame 4 of 6')`);
    await page.getByLabel('Thought').first().fill('I read the price.');
    await page.getByRole('textbox', { name: 'Answer' }).fill('4.20 €');
    await press(page, 'Control+Enter');
    await until(page, `document.querySelector('article h2').textContent.includes('sold')`);
    const [decision, ...more] = await decisions();
    expect(more).toEqual([]);
    const [x1, y1, x2, y2] = priceBox(3);
    const [look, last] = decision!.trajectory!.turns;
    expect(look).toEqual({
      thought: 'I read the price.',
      action: {
        tool: 'crop',
        targetFrame: 4,
        bbox01: [x1 + 0.01, y1 - 0.001, x2 + 0.01, y2 + 0.005 - 0.001].map(
          (x) => expect.closeTo(x, 6) as number,
        ),
      },
    });
    expect(last!.action).toEqual({ tool: 'answer', text: '4.20 €' });
    expect(decision!.trajectory).toMatchObject({
      id: 'one',
      provenance: { steps: [{ step: 'synthesize' }], review: { decision: 'mended', by: 'ada' } },
    });
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(`shows the native pixels of a box that is dragged${why}`, async () => {
    const page = await open();
    await press(page, 'm');
    const box = (await page.locator('.box.editing').boundingBox())!;
    const frame = (await page.locator('.frame').first().boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(frame.x + frame.width * 0.3, frame.y + frame.height * 0.175, { steps: 4 });
    await page.mouse.up();
    // The word COFFEE is there: its crop has as many pixels as the box has of the video.
    const image = page.locator('.native img');
    await until(page, `/box=0\\.1[67]/.test(document.querySelector('.native img')?.src)`);
    await until(page, `document.querySelector('.native img').complete`);
    const src = (await image.getAttribute('src'))!;
    const [x1, , x2] = src.split('box=')[1]!.split(',').map(Number);
    const width = await page.evaluate(`document.querySelector('.native img').naturalWidth`);
    expect(width).toBe(Math.ceil(x2! * 640) - Math.floor(x1! * 640));
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(`takes decisions back in order, and the one before counts again${why}`, async () => {
    const page = await open();
    await press(page, 'a');
    await until(page, `document.querySelector('article h2').textContent.includes('sold')`);
    await press(page, 'k', 'a');
    await until(page, `document.querySelector('[role=progressbar]').ariaValueNow === '2'`);
    await press(page, 'u');
    await until(page, `document.querySelector('[role=progressbar]').ariaValueNow === '1'`);
    expect((await decisions()).map(({ id }) => id)).toEqual(['one']);
    await press(page, 'u');
    await until(page, `document.querySelector('[role=progressbar]').ariaValueNow === '0'`);
    expect(await decisions()).toEqual([]);
    expect(await question(page)).toBe('What does the coffee cost?');
    await press(page, 'u');
    await until(page, `document.querySelector('[role=status]').textContent === 'nothing to undo'`);
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(
    `opened again it shows what was decided, and goes on at the first undecided${why}`,
    async () => {
      const first = await open();
      await press(first, 'a');
      await until(first, `document.querySelector('article h2').textContent.includes('sold')`);
      await served!.end();
      served = null;
      const page = await open();
      expect(await question(page)).toContain('sold');
      expect(await page.locator('.progress').textContent()).toContain('1 of 5 decided · 1 accepted');
      await page.locator('#filter').selectOption('accepted');
      await page.locator('[role=option]').click();
      expect(await page.locator('.badge.accepted').textContent()).toBe('accepted by ada');
      expect(heard).toEqual([]);
    },
  );

  test.skipIf(skip)(`says why quality control refused one, and searches${why}`, async () => {
    const page = await open();
    await press(page, '/');
    await page.keyboard.type('FRAME 2?');
    await until(page, `document.querySelectorAll('[role=option]').length === 1`);
    await press(page, 'Escape');
    await page.locator('[role=option]').click();
    expect(await page.locator('.why').textContent()).toContain('not-legible · the answer cannot be read');
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(`shows whatever a data set holds as text, and never runs it${why}`, async () => {
    await sampleFolder(dir, {
      trajectories: [trajectory('nasty', NASTY, [{ ...crop(2), thought: NASTY }, answer(NASTY)], [NASTY])],
    });
    const page = await open();
    expect(await question(page)).toBe(NASTY);
    expect(await page.locator('blockquote').first().textContent()).toBe(NASTY);
    await press(page, 'm', 'Control+Enter');
    await until(page, `document.querySelector('[role=progressbar]').ariaValueNow === '1'`);
    expect((await decisions())[0]!.trajectory!.turns[0]!.thought).toBe(NASTY);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(`names the video that cannot be read where its pictures would stand${why}`, async () => {
    await sampleFolder(dir, {
      trajectories: [trajectory('gone', 'Where?', [crop(1), answer('x')], ['x'], 'videos/none.mp4')],
    });
    const page = await open();
    await until(page, `document.querySelectorAll('.refused[role=alert]').length === 2`);
    expect(await page.locator('.refused[role=alert]').first().textContent()).toMatch(
      /none\.mp4: there is no such file/,
    );
  });

  test.skipIf(skip)(
    `fits 1280 and 800 pixels in light and dark, and each control can be reached and seen${why}`,
    async () => {
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [800, 'dark'],
      ] as const) {
        const page = await open({ viewport: { width, height: 800 }, colorScheme });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        const nameless = await page.evaluate(
          `[...document.querySelectorAll('button, input, select, [tabindex="0"]')].filter((one) => one.offsetParent && !(one.textContent.trim() || one.ariaLabel || one.labels?.length)).length`,
        );
        expect(nameless).toBe(0);
        await press(page, 'Tab');
        const outline = await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`);
        expect(outline).toBe('solid');
        await press(page, '?');
        await until(page, `document.querySelector('dialog[open]')`);
        await press(page, 'Escape');
        await until(page, `document.querySelectorAll('dialog').length === 0`);
        await page.close();
        expect(heard).toEqual([]);
      }
    },
  );

  test.skipIf(skip)(`draws only the rows of three thousand that can be seen${why}`, async () => {
    const trajectories = Array.from({ length: 3000 }, (_, at) =>
      trajectory(`t${at}`, `Question ${at}`, [crop(1), answer('4.20')]),
    );
    await sampleFolder(dir, { trajectories });
    const page = await open();
    expect(await page.locator('[role=option]').count()).toBeLessThan(40);
    await page.evaluate(`document.querySelector('.list').scrollTop = 1e9`);
    await until(page, `[...document.querySelectorAll('[role=option]')].at(-1)?.ariaPosInSet === '3002'`);
    expect(await page.locator('img').count()).toBe(2);
    expect(heard).toEqual([]);
  });

  test.skipIf(skip)(`keeps decisions without a server, and gives them as the same lines${why}`, async () => {
    const ruminate = new CommandLine(homeAt(join(dir, 'home')));
    const { page: file } = await ruminate.json<{ page: string }>(
      'data',
      'review',
      dir,
      '--no-serve',
      '--by',
      'eve',
    );
    const page = await visit(pathToFileURL(file).href);
    await press(page, 'a');
    await until(page, `document.querySelector('article h2').textContent.includes('sold')`);
    await page.reload();
    await page.waitForSelector('article');
    await press(page, 'r', '1');
    await until(page, `document.querySelector('[role=progressbar]').ariaValueNow === '2'`);
    expect(await status(page)).toContain('rejected: the box misses the text');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByText('Download decisions').click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    const given = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Decision);
    expect(given.map(({ id, decision, by }) => [id, decision, by])).toEqual([
      ['one', 'accepted', 'eve'],
      ['two', 'rejected', 'eve'],
    ]);
    const broken = await page.evaluate(`[...document.images].filter((one) => one.naturalWidth === 0).length`);
    expect(broken).toBe(0);
    expect(heard).toEqual([]);
  });
});
