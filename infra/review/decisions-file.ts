import { open, readFile, rename, rm } from 'node:fs/promises';
import { isNodeError } from '../home/files.js';
import { UserError } from '../../domain/failures.js';
import type { Decision } from '../../domain/curation/decisions.js';
import { readDecision } from './records.js';

/**
 * `decisions.jsonl`: each decision is on the disk before anybody is told so. The last line of an id counts; taking a decision
 * back removes that line, and an earlier one, if there is one, counts again. Lines that are no decisions stay as they are.
 */
export class DecisionsFile {
  readonly path: string;
  /** Lines that do not count, as sentences. */
  readonly problems: readonly string[];
  readonly #lines: Line[];
  /** A torn last line must not swallow the next. */
  #endsWithNewline: boolean;
  /** One write at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, text: string) {
    this.path = path;
    this.#endsWithNewline = text === '' || text.endsWith('\n');
    this.#lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [lineOf(line)]));
    this.problems = this.#lines.flatMap(({ wrong }, at) =>
      wrong === null ? [] : [`${path}, line ${at + 1}: ${wrong}; it does not count`],
    );
  }

  static async open(path: string): Promise<DecisionsFile> {
    try {
      return new DecisionsFile(path, await readFile(path, 'utf8'));
    } catch (error) {
      if (isNodeError(error) && error.code === 'ENOENT') return new DecisionsFile(path, '');
      throw new UserError(
        `${path} cannot be read (${String(error)})`,
        'Name another file with --decisions.',
        { cause: error },
      );
    }
  }

  /** What counts for an id; null where nothing was decided. */
  of(id: string): Decision | null {
    return this.#lines.findLast(({ decision }) => decision?.id === id)?.decision ?? null;
  }

  /** By id. */
  all(): ReadonlyMap<string, Decision> {
    return new Map(
      this.#lines.flatMap(({ decision }) => (decision === null ? [] : [[decision.id, decision]])),
    );
  }

  append(decision: Decision): Promise<void> {
    return this.#inTurn(async () => {
      const text = JSON.stringify(decision);
      const file = await open(this.path, 'a');
      try {
        await file.writeFile(`${this.#endsWithNewline ? '' : '\n'}${text}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      this.#endsWithNewline = true;
      this.#lines.push({ text, decision, wrong: null });
    });
  }

  /** Takes the last decision on an id back; gives what counts now. The file is replaced whole or not at all. */
  undo(id: string): Promise<Decision | null> {
    return this.#inTurn(async () => {
      const at = this.#lines.findLastIndex(({ decision }) => decision?.id === id);
      if (at < 0) return null;
      const rest = this.#lines.toSpliced(at, 1);
      const part = `${this.path}.${process.pid}.part`;
      try {
        const file = await open(part, 'w');
        try {
          await file.writeFile(rest.map(({ text }) => `${text}\n`).join(''));
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, this.path);
      } finally {
        await rm(part, { force: true });
      }
      this.#lines.splice(at, 1);
      this.#endsWithNewline = true;
      return this.of(id);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

interface Line {
  readonly text: string;
  readonly decision: Decision | null;
  readonly wrong: string | null;
}

function lineOf(text: string): Line {
  try {
    const read = readDecision(JSON.parse(text));
    return 'wrong' in read
      ? { text, decision: null, wrong: `is no decision (${read.wrong})` }
      : { text, decision: read.value, wrong: null };
  } catch {
    return { text, decision: null, wrong: 'is no JSON' };
  }
}
