import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { LocalModel, ServedModel } from '../../domain/conversation/spec.js';
import { answersName } from '../../infra/client/answers-name.js';
import { readQuestionFile } from '../../infra/client/question-files.js';
import { refuseBadName } from '../../infra/client/runs.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A file `questions.jsonl` about a video beside it, in a folder of its own. */
function questionsIn(question: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ruminate-questions-'));
  folders.push(folder);
  writeFileSync(join(folder, 'a.mp4'), '');
  const file = join(folder, 'questions.jsonl');
  writeFileSync(file, `${JSON.stringify({ video: 'a.mp4', question })}\n`);
  return file;
}

const FOLDER: LocalModel = {
  ...{ type: 'torch', name: 'Qwen2.5-VL-7B-Instruct', adapter: { type: 'none' }, dtype: 'fp32' },
  ...{ model: { type: 'folder', path: '/models/Qwen2.5-VL-7B-Instruct' }, gradientCheckpointing: false },
  ...{ contextTokens: null, device: 'cpu', threads: 2, weights: null },
};

function served(model: string, concurrency = 4): ServedModel {
  const endpoint = { url: 'http://127.0.0.1:8000/v1', model, keyVariable: null, weight: 1, prices: null };
  return {
    ...{ type: 'openai', protocol: 'auto', tries: 3, endpoints: [{ ...endpoint, concurrency }] },
    timeouts: { connectMs: 1, firstTokenMs: 1, betweenTokensMs: 1 },
  };
}

const nameOf = async (file: string, engine: LocalModel | ServedModel): Promise<string> =>
  answersName(await readQuestionFile(file), engine);

it('a run of questions is named after its file, its model, and what is in them', async () => {
  const file = questionsIn('What?');
  const name = await nameOf(file, FOLDER);
  expect(name).toMatch(/^questions-Qwen2\.5-VL-7B-Instruct-[0-9a-f]{8}$/);
  expect(await nameOf(file, FOLDER)).toBe(name);
  // As a person's options may change: then the name is the same, and the run says so.
  expect(await nameOf(file, { ...FOLDER, threads: 1, dtype: 'bf16' })).toBe(name);
  expect(await nameOf(file, served('qwen', 8))).toBe(await nameOf(file, served('qwen')));
});

it('files of one name in two folders, a changed file, another model: each is a run of its own', async () => {
  const file = questionsIn('What?');
  const names = [
    await nameOf(file, served('qwen')),
    await nameOf(questionsIn('What?'), served('qwen')),
    await nameOf(file, served('intern')),
    await nameOf(file, FOLDER),
    await nameOf(file, { ...FOLDER, model: { type: 'folder', path: '/other/Qwen2.5-VL-7B-Instruct' } }),
  ];
  writeFileSync(file, `${JSON.stringify({ video: 'a.mp4', question: 'Where?' })}\n`);
  names.push(await nameOf(file, served('qwen')));
  expect(new Set(names).size).toBe(names.length);
});

it('is a name that a run may have, whatever the file and the model are called', () => {
  const stem = 'q'.repeat(200);
  for (const model of ['org/'.repeat(40), '日本語', 'a b'])
    expect(() => refuseBadName(answersName({ stem, digest: '0' }, served(model)))).not.toThrow();
});
