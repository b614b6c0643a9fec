import type { VideoReader } from '../../../activities/ports.js';
import type { QuestionRecord, TrajectoryRecord } from '../../../domain/data/records.js';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import type { DataFolder, Placed } from '../read-folder.js';
import type { Tally } from '../report.js';
import type { VideoRoot } from '../video-root.js';
import type { WholeFolder } from '../whole-folder.js';

/** What an exporter works with. */
export interface ExportContext {
  readonly folder: DataFolder;
  readonly root: VideoRoot;
  readonly out: WholeFolder;
  readonly tally: Tally;
  readonly reader: () => Promise<VideoReader>;
  readonly questions: boolean;
  readonly trajectories: boolean;
  /** Most rows in one file; Infinity for one file. */
  readonly shardRows: number;
  readonly parquet: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Tells that one more record is being worked on. */
  readonly step: () => void;
}

/** Writes one form. */
export type Exporter = (context: ExportContext) => Promise<void>;

/** Rows made of the folder's questions; what cannot be written is refused here. */
export function questionRows<T>(
  context: ExportContext,
  make: (record: QuestionRecord, kept: number) => Promise<T>,
): AsyncIterable<T> {
  const { folder, tally } = context;
  return rows(
    context,
    'question',
    make,
    folder.placedQuestions({
      signal: context.signal,
      onRefused: (place, refusal) => {
        tally.read('question');
        tally.refuse('question', place, refusal);
      },
    }),
  );
}

export function trajectoryRows<T>(
  context: ExportContext,
  make: (record: TrajectoryRecord, kept: number) => Promise<T>,
): AsyncIterable<T> {
  const { folder, tally } = context;
  return rows(
    context,
    'trajectory',
    make,
    folder.placedTrajectories({
      signal: context.signal,
      onRefused: (place, refusal) => {
        tally.read('trajectory');
        tally.refuse('trajectory', place, refusal);
      },
    }),
  );
}

async function* rows<R extends { readonly video: string }, T>(
  { root, tally, step }: ExportContext,
  what: 'question' | 'trajectory',
  make: (record: R, kept: number) => Promise<T>,
  records: AsyncIterable<Placed<R>>,
): AsyncIterable<T> {
  let kept = 0;
  for await (const { record, ...place } of records) {
    tally.read(what);
    step();
    let row: T;
    try {
      await root.require(record.video);
      row = await make(record, kept);
    } catch (error) {
      if (!(error instanceof RowRefusal)) throw error;
      tally.refuse(what, place, error);
      continue;
    }
    tally.kept(what);
    kept += 1;
    yield row;
  }
}
