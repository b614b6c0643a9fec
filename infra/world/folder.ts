import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/failures.js';
import type { Question, Split, VideoTruth, WorldManifest } from '../../domain/world/records.js';

/** What was asked for: two folders with equal requests and makers hold equal bytes. */
export interface WorldRequest {
  readonly seed: number;
  readonly split: Split;
  readonly videos: number;
  readonly questionsPerVideo: number;
  readonly madeBy: WorldManifest['madeBy'];
}

/** What is known of one finished video. */
export interface VideoRecord {
  readonly truth: VideoTruth;
  readonly questions: readonly Question[];
}

/** The files of a world folder, finished or not. All writes are atomic: a part file, then a rename. */
export class WorldFolder {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  static videoName(index: number): string {
    return `videos/${String(index).padStart(6, '0')}.mp4`;
  }

  path(...parts: readonly string[]): string {
    return path.join(this.dir, ...parts);
  }

  recordPath(index: number): string {
    return this.path('.unfinished', `${String(index).padStart(6, '0')}.json`);
  }

  async prepare(): Promise<void> {
    await mkdir(this.path('videos'), { recursive: true });
    await mkdir(this.path('.unfinished'), { recursive: true });
  }

  async manifest(): Promise<WorldManifest | null> {
    return readJson<WorldManifest>(this.path('world.json'));
  }

  async request(): Promise<WorldRequest | null> {
    return readJson<WorldRequest>(this.path('.unfinished', 'request.json'));
  }

  async record(index: number): Promise<VideoRecord | null> {
    return readJson<VideoRecord>(this.recordPath(index));
  }

  async truths(): Promise<readonly VideoTruth[]> {
    return readLines<VideoTruth>(this.path('scenes.jsonl'));
  }

  async dropUnfinished(): Promise<void> {
    await rm(this.path('.unfinished'), { recursive: true, force: true });
  }
}

export async function writeAtomically(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text);
  await rename(part, file);
}

export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The sha256 of a file, or null when there is none. */
export async function sha256OfFile(file: string): Promise<string | null> {
  const bytes = await readFile(file).catch(nullIfAbsent);
  return bytes === null ? null : sha256Of(bytes);
}

/** One clear message for a folder that cannot be written; other errors pass through. */
export function asFolderError(dir: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = FOLDER_ERRORS[code];
  if (reason === undefined) return error;
  const hint = 'What is finished is kept: free the cause, then run the same command again.';
  return new UserError(`${dir}: the world cannot be written here: ${reason} (${code})`, hint, {
    cause: error,
  });
}

const FOLDER_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'writing is not permitted',
  EPERM: 'writing is not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file stands where a folder is needed',
  EISDIR: 'a folder stands where a file is needed',
};

async function readJson<T>(file: string): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch(nullIfAbsent);
  return text === null ? null : (JSON.parse(text) as T);
}

async function readLines<T>(file: string): Promise<readonly T[]> {
  const text = await readFile(file, 'utf8').catch(nullIfAbsent);
  return (text ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
