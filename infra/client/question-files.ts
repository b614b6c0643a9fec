import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { AskedQuestion } from '../../domain/conversation/records.js';
import type { DataManifest } from '../../domain/data/records.js';
import { DataFailure, UserError } from '../../domain/failures.js';

/** Questions of a file or a data folder. */
export interface QuestionFile {
  readonly file: string;
  readonly questions: readonly AskedQuestion[];
  /** The file's or folder's own name, as it may stand in a run's. */
  readonly stem: string;
  /** Of the questions, and where their videos are. */
  readonly digest: string;
}

const line = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  video: z.string().min(1),
  question: z.string(),
  answers: z.array(z.string()).default([]),
  options: z.array(z.string()).min(2).optional(),
});

/**
 * Reads `questions.jsonl`, or a data folder that has one (domain/data/records.ts). Every line is judged before anything
 * is asked: throws a DataFailure that names the first line that is wrong, a UserError where there is no such file.
 *
 * @param limit the first so many; all without
 */
export async function readQuestionFile(path: string, limit?: number): Promise<QuestionFile> {
  const given = resolve(path);
  const isFolder = (await stat(given).catch(() => null))?.isDirectory() === true;
  const file = isFolder ? join(given, 'questions.jsonl') : given;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(
      `expected questions at ${file}, but they cannot be read`,
      'a file with one {"video", "question"} a line, or a data folder: see docs/models.md',
      { cause },
    );
  });
  const root = await videoRoot(dirname(file));
  const questions: AskedQuestion[] = [];
  const ids = new Map<string, number>();
  for (const [i, content] of text.trimEnd().split('\n').entries()) {
    if (limit !== undefined && questions.length >= limit) break;
    if (content.trim() === '')
      throw new DataFailure(`${file}:${i + 1}: expected a question, got an empty line`);
    const question = readLine(`${file}:${i + 1}`, content, root);
    const before = ids.get(question.id);
    if (before !== undefined)
      throw new DataFailure(`${file}:${i + 1}: the id "${question.id}" stands in line ${before} already`);
    ids.set(question.id, i + 1);
    questions.push(question);
  }
  if (questions.length === 0) throw new DataFailure(`${file} holds no questions`);
  for (const video of new Set(questions.map((question) => question.video)))
    if ((await stat(video).catch(() => null))?.isFile() !== true)
      throw new DataFailure(`${file}: there is no video ${video}`);
  const digest = createHash('sha256').update(JSON.stringify(questions)).digest('hex').slice(0, 8);
  const stem = basename(isFolder ? given : given.replace(/\.jsonl$/, '')).replaceAll(/[^A-Za-z0-9._-]/g, '-');
  return { file, questions, stem: stem.replace(/^[^A-Za-z0-9]+/, '') || 'questions', digest };
}

function readLine(where: string, content: string, root: string): AskedQuestion {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new DataFailure(`${where}: expected JSON, got ${JSON.stringify(content.slice(0, 60))}`);
  }
  const parsed = line.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new DataFailure(`${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
  }
  const { id, video, question, answers, options } = parsed.data;
  if (question.trim() === '') throw new DataFailure(`${where}: the question is empty`);
  return {
    id: id === undefined ? where.slice(where.lastIndexOf(':') + 1) : String(id),
    video: isAbsolute(video) ? video : resolve(root, video),
    question: question.trim(),
    answers,
    ...(options === undefined ? {} : { options }),
  };
}

/** Where the videos are: beside the questions, unless `data.json` says otherwise. */
async function videoRoot(dir: string): Promise<string> {
  const text = await readFile(join(dir, 'data.json'), 'utf8').catch(() => null);
  if (text === null) return dir;
  try {
    const { videoRoot: root } = JSON.parse(text) as DataManifest;
    return root === undefined ? dir : resolve(dir, root);
  } catch (cause) {
    throw new DataFailure(`${join(dir, 'data.json')} is not JSON`, { cause });
  }
}
