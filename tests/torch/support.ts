import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameHash, stream } from '../../domain/seeds.js';
import type { Conversation, Part } from '../../domain/conversation/tokenized.js';
import { findPython } from '../../infra/torch/python.js';
import type { LoadRequest } from '../../infra/torch/schema.js';

/** What the tests that need PyTorch run with; where it is missing they are skipped, and say so. */
export const python = await findPython('torch-engine');
export const skipped = python.path === null ? ` (skipped: ${python.reason})` : '';
if (python.path === null) process.stderr.write(`Tests of the torch engine are skipped: ${python.reason}\n`);

export const TINY: LoadRequest = {
  model: { type: 'tiny', family: 'qwen2.5-vl', seed: 1 },
  adapter: { type: 'lora', rank: 4, alpha: 8 },
};

/** A folder of this test file's own; `remove` takes it away. */
export function scratch(): { readonly dir: string; readonly logFile: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'ruminate-torch-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  return { dir, logFile: join(dir, 'torch.log'), remove };
}

/** Noise of 56 × 56: four tokens of a Qwen2.5-VL. */
export const [WIDTH, HEIGHT] = [56, 56];
export function noise(name: string): Uint8Array {
  return Uint8Array.from(stream(1, name).floats(WIDTH * HEIGHT * 3), (x) => Math.floor(256 * x));
}

export function picture(blob: number): Part {
  return { type: 'image', blob, form: 'rgb', widthPx: WIDTH, heightPx: HEIGHT };
}

/** A question about the pictures with these places. */
export function asking(question: string, ...blobs: readonly number[]): Conversation {
  const content: readonly Part[] = [{ type: 'text', text: question }, ...blobs.map(picture)];
  return { messages: [{ role: 'user', content }] };
}

export function seedOf(name: string): number {
  return nameHash('tests of the torch engine', name);
}
