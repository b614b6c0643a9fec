import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { VideoWriter } from '../../activities/ports.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import { isWholeMp4 } from '../video/mp4.js';
import { readJson, sha256Of } from './files.js';

/**
 * A folder of videos that is being made: what was asked for, and a record for each finished video, until all are
 * there and `.unfinished` goes. All writes are atomic, so a killed process leaves nothing half.
 */
export class UnfinishedFolder<Request, VideoRecord> {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  path(...parts: readonly string[]): string {
    return path.join(this.dir, ...parts);
  }

  recordPath(index: number): string {
    return this.path('.unfinished', `${String(index).padStart(6, '0')}.json`);
  }

  requestPath(): string {
    return this.path('.unfinished', 'request.json');
  }

  async prepare(): Promise<void> {
    await mkdir(this.path('videos'), { recursive: true });
    await mkdir(this.path('.unfinished'), { recursive: true });
  }

  async request(): Promise<Request | null> {
    return readJson<Request>(this.requestPath());
  }

  async record(index: number): Promise<VideoRecord | null> {
    return readJson<VideoRecord>(this.recordPath(index));
  }

  async dropUnfinished(): Promise<void> {
    await rm(this.path('.unfinished'), { recursive: true, force: true });
  }

  /** Encodes a video to its end or not at all; gives its sha256. */
  async encode(
    name: string,
    writer: VideoWriter,
    video: Parameters<VideoWriter['write']>[1],
  ): Promise<string> {
    const file = this.path(name);
    const part = `${file}.part`;
    await writer.write(part, video);
    const bytes = await readFile(part);
    if (!isWholeMp4(bytes))
      throw new InfrastructureFailure(`${part}: was not written to its end (is the disk full?)`);
    await rename(part, file);
    return sha256Of(bytes);
  }
}
