import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMedia, stemOf } from '../../domain/formats/paths.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { UserError } from '../../domain/failures.js';

/** The folder that records' videos are named from. */
export class VideoRoot {
  readonly dir: string;
  readonly #found = new Map<string, RowRefusal | null>();
  #byStem: Map<string, readonly string[]> | null = null;

  constructor(dir: string) {
    this.dir = path.resolve(dir);
  }

  path(video: string): string {
    return path.join(this.dir, ...video.split('/'));
  }

  /** Throws a RowRefusal unless the video is a file that holds something and may be looked at. Whether it decodes is not asked. */
  async require(video: string): Promise<void> {
    let refusal = this.#found.get(video);
    if (refusal === undefined) {
      refusal = await this.#look(video);
      this.#found.set(video, refusal);
    }
    if (refusal !== null) throw refusal;
  }

  /** How many videos were found among those asked for. */
  get count(): number {
    return [...this.#found.values()].filter((refusal) => refusal === null).length;
  }

  /** Reads the folder, so that `named` can answer. */
  async index(): Promise<void> {
    if (this.#byStem !== null) return;
    const byStem = new Map<string, readonly string[]>();
    const files = await readdir(this.dir, { recursive: true, withFileTypes: true }).catch(
      (cause: unknown) => {
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
        throw new UserError(
          `${this.dir}: expected the folder of the videos (${code})`,
          'Name it with --videos.',
          { cause },
        );
      },
    );
    for (const file of files) {
      if (file.isDirectory() || !isMedia(file.name)) continue;
      const relative = path
        .relative(this.dir, path.join(file.parentPath, file.name))
        .split(path.sep)
        .join('/');
      const stem = stemOf(relative);
      byStem.set(stem, [...(byStem.get(stem) ?? []), relative]);
    }
    this.#byStem = byStem;
  }

  /** The video that an id without folder and extension names. */
  named(id: string): string {
    const found = this.#byStem?.get(stemOf(`${id}.`)) ?? [];
    const exact = found.filter((file) => file.slice(0, file.lastIndexOf('.')) === id);
    const [file, ...more] = exact.length > 0 ? exact : found;
    if (file === undefined)
      throw new RowRefusal('video-missing', `there is no video ${JSON.stringify(id)} in ${this.dir}`);
    if (more.length > 0)
      throw new RowRefusal(
        'video-ambiguous',
        `${JSON.stringify(id)} may be ${[file, ...more].sort().slice(0, 3).join(' or ')}`,
      );
    return file;
  }

  async #look(video: string): Promise<RowRefusal | null> {
    try {
      const found = await stat(this.path(video));
      if (!found.isFile())
        return new RowRefusal('video-missing', `expected a file, found a folder: ${video}`);
      if (found.size === 0) return new RowRefusal('video-unreadable', `the file is empty: ${video}`);
      return null;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'ENOENT' || code === 'ENOTDIR')
        return new RowRefusal('video-missing', `there is no video ${JSON.stringify(video)} in ${this.dir}`);
      if (code === 'EACCES' || code === 'EPERM')
        return new RowRefusal('not-permitted', `reading is not permitted: ${video}`);
      if (code === 'ENAMETOOLONG')
        return new RowRefusal('video-missing', `no file has so long a name: ${video.slice(0, 60)}…`);
      throw error;
    }
  }
}
