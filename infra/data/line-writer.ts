import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

const FLUSH_CHARACTERS = 256 * 1024;

/** Writes JSON values as lines, a block at a time. The file is made with its first block: without lines there is none. */
export class LineWriter {
  readonly file: string;
  lines = 0;
  #handle: FileHandle | null = null;
  #waiting: string[] = [];
  #characters = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** Resolves when so little waits that more may come. */
  async write(value: unknown): Promise<void> {
    this.push(value);
    if (this.#characters >= FLUSH_CHARACTERS) await this.#flush();
  }

  /** As `write`, for who cannot wait. */
  push(value: unknown): void {
    const line = `${JSON.stringify(value)}\n`;
    this.#waiting.push(line);
    this.#characters += line.length;
    this.lines += 1;
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
      this.#handle = await open(this.file, 'w');
    }
    await this.#handle.writeFile(block);
  }
}
