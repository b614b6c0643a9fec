import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  importData,
  type ImportForm,
  type ImportRequest,
  type ImportResult,
} from '../../infra/data/import.js';
import { writeSample } from '../video/samples.js';

/** A folder for one test file, with videos that really decode. */
export class Folders {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(): Promise<Folders> {
    const folders = new Folders(await mkdtemp(path.join(tmpdir(), 'ruminate-formats-')));
    await mkdir(folders.at('videos/deep'), { recursive: true });
    // Frames at 0, 0.5, … s: four seconds.
    const timesSec = Array.from({ length: 8 }, (_, n) => n / 2);
    await writeSample(folders.at('videos/a.mp4'), {
      timesSec,
      paint: (frame, x, y) => 40 + frame * 20 + ((x >> 3) ^ (y >> 3)) * 4,
    });
    await writeSample(folders.at('videos/deep/ü b.mp4'), { timesSec });
    return folders;
  }

  at(...parts: readonly string[]): string {
    return path.join(this.dir, ...parts);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await mkdir(path.dirname(this.at(name)), { recursive: true });
    await writeFile(this.at(name), content);
    return this.at(name);
  }

  async json(name: string, value: unknown): Promise<string> {
    return this.write(name, JSON.stringify(value));
  }

  async lines(name: string, values: readonly unknown[]): Promise<string> {
    return this.write(name, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  }

  async read(name: string): Promise<readonly unknown[]> {
    const text = await readFile(this.at(name), 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  }

  /** Every file below a folder, by its path, with its bytes. */
  async files(name: string): Promise<ReadonlyMap<string, Buffer>> {
    const found = await readdir(this.at(name), { recursive: true, withFileTypes: true });
    const names = found
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.at(name), path.join(entry.parentPath, entry.name)))
      .sort();
    return new Map(
      await Promise.all(names.map(async (file) => [file, await readFile(this.at(name, file))] as const)),
    );
  }

  import(
    form: ImportForm,
    source: string,
    out: string,
    more: Partial<ImportRequest> = {},
  ): Promise<ImportResult> {
    return importData({
      form,
      sources: [source],
      out: this.at(out),
      videos: this.at('videos'),
      maxRefused: 1,
      ...more,
    });
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }
}
