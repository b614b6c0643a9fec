import type { DataManifest, QuestionRecord, TrajectoryRecord, VideoOcr } from '../../domain/data/records.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { LineWriter } from './line-writer.js';
import type { DataReport, RefusedRow } from './report.js';
import { WholeFolder } from './whole-folder.js';

/** Where a folder holds videos itself. */
export const VIDEOS = 'videos';

/** Writes a data folder (`domain/data/records.ts`) in a stream, whole or not at all. */
export class DataWriter {
  readonly #folder: WholeFolder;
  readonly #questions: LineWriter;
  readonly #trajectories: LineWriter;
  readonly #refused: LineWriter;
  readonly #ids = { question: new Set<string>(), trajectory: new Set<string>(), ocr: new Set<string>() };

  private constructor(folder: WholeFolder) {
    this.#folder = folder;
    this.#questions = new LineWriter(folder.path('questions.jsonl'));
    this.#trajectories = new LineWriter(folder.path('trajectories.jsonl'));
    this.#refused = new LineWriter(folder.path('refused.jsonl'));
  }

  static async begin(dir: string): Promise<DataWriter> {
    return new DataWriter(await WholeFolder.begin(dir));
  }

  /** Folder of the videos that the folder itself holds. */
  get videosDir(): string {
    return this.#folder.path(VIDEOS);
  }

  videoFile(video: string): string {
    return this.#folder.path(VIDEOS, ...video.split('/'));
  }

  async question(record: QuestionRecord): Promise<void> {
    claim(this.#ids.question, record.id, 'question');
    await this.#questions.write(record);
  }

  async trajectory(record: TrajectoryRecord): Promise<void> {
    claim(this.#ids.trajectory, record.id, 'trajectory');
    await this.#trajectories.write(record);
  }

  async ocr(ocr: VideoOcr): Promise<void> {
    claim(this.#ids.ocr, ocr.video, 'read text of');
    await this.#folder.write(`ocr/${ocr.video}.json`, `${JSON.stringify(ocr)}\n`);
  }

  refused(row: RefusedRow): void {
    this.#refused.push(row);
  }

  async commit(manifest: DataManifest, report: DataReport): Promise<void> {
    await this.#close();
    // An import without questions (trajectories alone) has the file nevertheless: readers look for it.
    if (this.#questions.lines === 0) await this.#folder.write('questions.jsonl', '');
    await this.#folder.write('report.json', `${JSON.stringify(report, null, 2)}\n`);
    await this.#folder.write('data.json', `${JSON.stringify(manifest, null, 2)}\n`);
    await this.#folder.commit();
  }

  async abandon(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#folder.abandon();
  }

  async #close(): Promise<void> {
    await this.#questions.close();
    await this.#trajectories.close();
    await this.#refused.close();
  }
}

function claim(ids: Set<string>, id: string, what: string): void {
  if (ids.has(id))
    throw new RowRefusal(
      'duplicate-id',
      `there is a ${what} ${JSON.stringify(id)} already; the first one was kept`,
    );
  ids.add(id);
}
