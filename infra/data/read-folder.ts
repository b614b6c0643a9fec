import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataManifest, QuestionRecord, TrajectoryRecord, VideoOcr } from '../../domain/data/records.js';
import { manifestOf } from '../../domain/formats/manifest.js';
import { videoOcrOf } from '../../domain/formats/ocr.js';
import { questionOf } from '../../domain/formats/question.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { trajectoryOf } from '../../domain/formats/trajectory.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { jsonFilesBelow, readJsonFile } from './json-files.js';
import { jsonLines } from './rows/jsonl.js';
import { refusalOfFile } from './rows/read.js';
import { placeText, type OnBytes, type Place } from './rows/row.js';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: OnBytes | undefined;
  /** Takes what is wrong, and the rest is read; without it the first wrong line throws a DataFailure. */
  readonly onRefused?: ((place: Place, refusal: RowRefusal) => void) | undefined;
}

/** A record with the line that it stands in. */
export interface Placed<T> extends Place {
  readonly record: T;
}

/** A data folder (`domain/data/records.ts`), open for reading: records come one by one, nothing is held. */
export class DataFolder {
  readonly dir: string;
  /** Null for a plain folder. */
  readonly manifest: DataManifest | null;
  /** Absolute: records name videos from here. */
  readonly videoRoot: string;

  constructor(dir: string, manifest: DataManifest | null) {
    this.dir = path.resolve(dir);
    this.manifest = manifest;
    this.videoRoot = path.resolve(this.dir, manifest?.videoRoot ?? '.');
  }

  get questionsFile(): string {
    return path.join(this.dir, 'questions.jsonl');
  }

  get trajectoriesFile(): string {
    return path.join(this.dir, 'trajectories.jsonl');
  }

  /** The file of a record's video. */
  videoFile(video: string): string {
    return path.join(this.videoRoot, ...video.split('/'));
  }

  questions(options: ReadOptions = {}): AsyncIterable<QuestionRecord> {
    return records(placed(this.questionsFile, questionOf, options));
  }

  /** None where there is no such file. */
  trajectories(options: ReadOptions = {}): AsyncIterable<TrajectoryRecord> {
    return records(placed(this.trajectoriesFile, trajectoryOf, options));
  }

  placedQuestions(options: ReadOptions = {}): AsyncIterable<Placed<QuestionRecord>> {
    return placed(this.questionsFile, questionOf, options);
  }

  placedTrajectories(options: ReadOptions = {}): AsyncIterable<Placed<TrajectoryRecord>> {
    return placed(this.trajectoriesFile, trajectoryOf, options);
  }

  /** Text read in a video, where the folder brings some; throws a DataFailure on a file that is none. */
  async ocr(video: string): Promise<VideoOcr | null> {
    const file = this.ocrFile(video);
    try {
      return videoOcrOf(await readJsonFile(file));
    } catch (error) {
      if (!(error instanceof RowRefusal)) throw error;
      if (error.reason === 'file-missing') return null;
      throw new DataFailure(`${file}: ${error.message}`, { cause: error });
    }
  }

  ocrFile(video: string): string {
    return path.join(this.dir, 'ocr', ...`${video}.json`.split('/'));
  }

  /** Videos for which there is a file of read text. */
  async ocrVideos(): Promise<readonly string[]> {
    return (await jsonFilesBelow(path.join(this.dir, 'ocr'))).map((file) => file.slice(0, -'.json'.length));
  }
}

/** Opens a data folder; a UserError where there is none. */
export async function openDataFolder(dir: string): Promise<DataFolder> {
  const found = await stat(dir).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new UserError(`${dir}: expected a data folder, found ${found === null ? 'nothing' : 'a file'}`);
  const folder = new DataFolder(dir, await manifestIn(dir));
  const there = await Promise.all([folder.questionsFile, folder.trajectoriesFile].map(isThere));
  if (!there.includes(true))
    throw new UserError(
      `${dir}: expected a data folder with questions.jsonl or trajectories.jsonl`,
      'ruminate data import makes one.',
    );
  return folder;
}

/** `data.json`; null where there is none. */
export async function manifestIn(dir: string): Promise<DataManifest | null> {
  try {
    return manifestOf(await readJsonFile(path.join(dir, 'data.json')));
  } catch (error) {
    if (!(error instanceof RowRefusal)) throw error;
    if (error.reason === 'file-missing') return null;
    throw new UserError(`${path.join(dir, 'data.json')}: ${error.message}`, undefined, { cause: error });
  }
}

async function* records<T>(rows: AsyncIterable<Placed<T>>): AsyncIterable<T> {
  for await (const { record } of rows) yield record;
}

async function* placed<T>(
  file: string,
  recordOf: (value: unknown) => T,
  options: ReadOptions,
): AsyncIterable<Placed<T>> {
  const refuse = (place: Place, refusal: RowRefusal): void => {
    if (options.onRefused === undefined)
      throw new DataFailure(`${placeText(place)}: ${refusal.message}`, { cause: refusal });
    options.onRefused(place, refusal);
  };
  if (!(await isThere(file))) return;
  try {
    for await (const row of jsonLines(file, options)) {
      if ('refusal' in row) {
        refuse(row, row.refusal);
        continue;
      }
      let record: T;
      try {
        record = recordOf(row.value);
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        refuse(row, error);
        continue;
      }
      yield { file, ...(row.line === undefined ? {} : { line: row.line }), record };
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error;
    const refusal = code ? refusalOfFile(error) : null;
    if (refusal === null) throw error;
    refuse({ file }, refusal);
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
