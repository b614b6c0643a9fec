import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { compiledRooms } from '../support/compiled.js';

const MEBIBYTE = 2 ** 20;

it('2,000 training steps of changing lengths, with sessions coming and going, keep memory flat', async () => {
  const { folder, remove } = await compiledRooms('steps', ['domain', 'engine', 'tests/engine/children']);
  onTestFinished(remove);
  const child = path.join(folder, 'tests/engine/children/steps.js');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', child]);
  const { rssBytes, shapes } = JSON.parse(stdout) as { rssBytes: number[]; shapes: number };
  expect(shapes).toBeGreaterThan(24);
  const quarter = rssBytes.length / 4;
  const second = median(rssBytes.slice(quarter, 2 * quarter));
  const last = median(rssBytes.slice(3 * quarter));
  expect(last - second).toBeLessThan(Math.max(30 * MEBIBYTE, 0.1 * second));
}, 300_000);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
