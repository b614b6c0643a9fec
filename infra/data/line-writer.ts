import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { RowRefusal } from '../../domain/formats/refusal.js';

const FLUSH_CHARACTERS = 256 * 1024;

/** Writes text a block at a time. The file is made with its first block: without text there is none. */
export class TextWriter {
  readonly file: string;
  #handle: FileHandle | null = null;
  #waiting: string[] = [];
  #characters = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** Resolves when so little waits that more may come. */
  async write(text: string): Promise<void> {
    this.push(text);
    if (this.#characters >= FLUSH_CHARACTERS) await this.#flush();
  }

  /** As `write`, for who cannot wait. */
  push(text: string): void {
    this.#waiting.push(text);
    this.#characters += text.length;
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = null;
  }

  #flush(): Promise<void> {
    const block = this.#waiting.join('');
    this.#waiting = [];
    this.#characters = 0;
    this.#written = this.#written.then(() => this.#append(block));
    return this.#written;
  }

  async #append(block: string): Promise<void> {
    if (block === '') return;
    if (this.#handle === null) {
      await mkdir(path.dirname(this.file), { recursive: true });
      this.#handle = await open(this.file, 'wx');
    }
    await this.#handle.writeFile(block);
  }
}

/** Writes JSON values as lines. */
export class LineWriter {
  lines = 0;
  readonly #text: TextWriter;

  constructor(file: string) {
    this.#text = new TextWriter(file);
  }

  async write(value: unknown): Promise<void> {
    const line = lineOf(value);
    this.lines += 1;
    return this.#text.write(line);
  }

  /** As `write`, for who cannot wait. */
  push(value: unknown): void {
    this.lines += 1;
    this.#text.push(lineOf(value));
  }

  close(): Promise<void> {
    return this.#text.close();
  }
}

/** JSON of any depth can be read, but not written: a row that is nothing but brackets must not end the work. */
function lineOf(value: unknown): string {
  try {
    return `${JSON.stringify(value)}\n`;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RowRefusal('bad-value', 'a field is nested too deep to be written');
  }
}
