import type { VideoInfo, VideoReader } from '../../activities/ports.js';
import { isStill } from '../../domain/formats/paths.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { DataFailure } from '../../domain/failures.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import { refusalOf } from '../../domain/tools/validate.js';
import { framesAt } from '../video/clock.js';
import { resolveVideo } from '../video/resolve.js';
import { openDataFolder, type DataFolder, type Placed } from './read-folder.js';
import { Tally, tooManyRefused, type DataReport, type What } from './report.js';
import { countLines } from './rows/count.js';
import type { Place } from './rows/row.js';
import { VideoRoot } from './video-root.js';

export interface CheckRequest {
  readonly dir: string;
  readonly maxRefused: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/**
 * Looks at everything in a data folder and writes nothing: every record has its form, ids are unique, every video is
 * there and is probed, evidence and read text lie within it, every trajectory's calls are ones that the tools take and
 * its question is there.
 */
export async function checkData(
  request: CheckRequest,
): Promise<{ readonly report: DataReport; readonly failure: string | null }> {
  const folder = await openDataFolder(request.dir);
  const { reader } = await resolveVideo();
  const tally = new Tally();
  const check = new Check(folder, reader, tally, request);
  await check.measure();
  await check.questions();
  await check.trajectories();
  await check.ocr();
  const report = tally.report('data folder', [request.dir]);
  const empty = (report.counts.question?.read ?? 0) + (report.counts.trajectory?.read ?? 0) === 0;
  return { report, failure: empty ? 'there are no records' : tooManyRefused(report, request.maxRefused) };
}

class Check {
  readonly #folder: DataFolder;
  readonly #root: VideoRoot;
  readonly #reader: VideoReader;
  readonly #tally: Tally;
  readonly #request: CheckRequest;
  readonly #videos = new Map<string, VideoInfo | RowRefusal>();
  readonly #questionIds = new Set<string>();
  #done = 0;
  #total = 0;

  constructor(folder: DataFolder, reader: VideoReader, tally: Tally, request: CheckRequest) {
    this.#folder = folder;
    this.#root = new VideoRoot(folder.videoRoot);
    this.#reader = reader;
    this.#tally = tally;
    this.#request = request;
  }

  /** Measures the work, so that progress has an end. */
  async measure(): Promise<void> {
    const { questionsFile, trajectoriesFile } = this.#folder;
    const lines = await countLines([questionsFile, trajectoriesFile], this.#request.signal);
    this.#total = lines + (await this.#folder.ocrVideos()).length;
  }

  async questions(): Promise<void> {
    for await (const { record, ...place } of this.#placed(
      'question',
      this.#folder.placedQuestions(this.#options('question')),
    ))
      await this.#attempt('question', place, async () => {
        claim(this.#questionIds, record.id);
        const { durationSec } = await this.#video(record.video);
        const late = record.evidence?.find(
          ({ startSec }) => startSec >= durationSec && !isStill(record.video),
        );
        if (late !== undefined)
          throw new RowRefusal(
            'time-outside',
            `evidence begins at ${late.startSec} s, the video ends at ${durationSec} s`,
          );
      });
  }

  async trajectories(): Promise<void> {
    const ids = new Set<string>();
    for await (const { record, ...place } of this.#placed(
      'trajectory',
      this.#folder.placedTrajectories(this.#options('trajectory')),
    ))
      await this.#attempt('trajectory', place, async () => {
        claim(ids, record.id);
        if (
          record.questionId !== null &&
          this.#questionIds.size > 0 &&
          !this.#questionIds.has(record.questionId)
        )
          throw new RowRefusal(
            'no-question',
            `there is no question ${JSON.stringify(record.questionId)} in this folder`,
          );
        refuseBadCalls(record, await this.#video(record.video));
      });
  }

  async ocr(): Promise<void> {
    for (const video of await this.#folder.ocrVideos()) {
      this.#step();
      this.#tally.read('OCR file');
      await this.#attempt('OCR file', { file: this.#folder.ocrFile(video) }, async () => {
        const ocr = await this.#folder.ocr(video).catch((error: unknown) => {
          if (error instanceof DataFailure && error.cause instanceof RowRefusal) throw error.cause;
          throw error;
        });
        if (ocr === null) throw new RowRefusal('file-missing', 'there is no such file');
        if (ocr.video !== video)
          throw new RowRefusal(
            'bad-value',
            `the file is of ${JSON.stringify(ocr.video)}: expected ${JSON.stringify(video)}`,
          );
        const { durationSec } = await this.#video(video);
        const [last, frames] = [ocr.frames.at(-1)?.frame ?? 0, framesAt(durationSec, ocr.fps)];
        // Programs that sample by count give one frame more at the end than those that sample by time.
        if (last > frames + 1)
          throw new RowRefusal(
            'time-outside',
            `frame ${last} was read; the video has ${frames} at ${ocr.fps} a second`,
          );
      });
    }
  }

  #options(what: What) {
    return {
      signal: this.#request.signal,
      onRefused: (place: Place, refusal: RowRefusal): void => {
        this.#tally.read(what);
        this.#tally.refuse(what, place, refusal);
      },
    };
  }

  async *#placed<T>(what: What, records: AsyncIterable<Placed<T>>): AsyncIterable<Placed<T>> {
    for await (const row of records) {
      this.#step();
      this.#tally.read(what);
      yield row;
    }
  }

  #step(): void {
    this.#request.signal?.throwIfAborted();
    this.#done += 1;
    this.#request.onProgress?.({ done: Math.min(this.#done, this.#total), total: this.#total });
  }

  async #attempt(what: What, place: Place, step: () => Promise<void>): Promise<void> {
    try {
      await step();
      this.#tally.kept(what);
    } catch (error) {
      if (!(error instanceof RowRefusal)) throw error;
      this.#tally.refuse(what, place, error);
    }
  }

  /** Probes each video once, however many records are about it. */
  async #video(video: string): Promise<VideoInfo> {
    let known = this.#videos.get(video);
    if (known === undefined) {
      known = await this.#probe(video);
      this.#videos.set(video, known);
      this.#tally.read('video');
      if (known instanceof RowRefusal) this.#tally.refuse('video', { file: video }, known);
      else this.#tally.kept('video');
    }
    if (known instanceof RowRefusal) throw known;
    return known;
  }

  async #probe(video: string): Promise<VideoInfo | RowRefusal> {
    try {
      await this.#root.require(video);
      return await this.#reader.probe(this.#root.path(video), this.#request.signal);
    } catch (error) {
      if (error instanceof RowRefusal) return error;
      if (error instanceof DataFailure) return new RowRefusal('video-unreadable', error.message);
      throw error;
    }
  }
}

function refuseBadCalls({ turns, fps }: TrajectoryRecord, { durationSec }: VideoInfo): void {
  const frames = framesAt(durationSec, fps);
  for (const [at, { action }] of turns.entries()) {
    const reason = action.tool === 'answer' ? null : refusalOf(action, frames);
    if (reason !== null) throw new RowRefusal('bad-call', `turn ${at + 1}: ${reason}`);
  }
}

function claim(ids: Set<string>, id: string): void {
  if (ids.has(id)) throw new RowRefusal('duplicate-id', `the id ${JSON.stringify(id)} is there twice`);
  ids.add(id);
}
