import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/failures.js';
import { resolveVideo } from '../video/resolve.js';
import { DataWriter, VIDEOS } from './data-writer.js';
import { importFolder } from './forms/folder.js';
import { importM4 } from './forms/m4-vitevqa.js';
import { importPixelReasonerRl, importPixelReasonerSft, importVideoR1 } from './forms/others.js';
import { importSmallWorld } from './forms/small-world.js';
import { importVitxt } from './forms/vitxt-gqa.js';
import { ImportContext, type Importer, type ImportOptions } from './import-context.js';
import { FrameJoiner } from './join-frames.js';
import { manifestIn } from './read-folder.js';
import { Tally, tooManyRefused, type DataReport } from './report.js';
import { VideoRoot } from './video-root.js';

const IMPORTERS = {
  'm4-vitevqa': importM4,
  'vitxt-gqa': importVitxt,
  'pixel-reasoner-sft': importPixelReasonerSft,
  'pixel-reasoner-rl': importPixelReasonerRl,
  'video-r1': importVideoR1,
  folder: importFolder,
  'small-world': importSmallWorld,
} satisfies Record<string, Importer>;

export type ImportForm = keyof typeof IMPORTERS;

export const IMPORT_FORMS = Object.keys(IMPORTERS) as readonly ImportForm[];

export interface ImportRequest extends ImportOptions {
  readonly form: ImportForm;
  readonly out: string;
  /** Folder of the videos; that of the first source unless told. */
  readonly videos?: string | undefined;
  /** Makes videos of lists of pictures (Pixel-Reasoner); the folder then holds all of its videos. */
  readonly joinFrames?: boolean | undefined;
  /** Largest share of rows that may be refused, 0 to 1; of each kind by itself. */
  readonly maxRefused: number;
}

export interface ImportResult {
  readonly report: DataReport;
  /** Why nothing was written; null where the folder is there. */
  readonly failure: string | null;
}

/**
 * Reads a data set of another form into a data folder, with `report.json` and every refused row in `refused.jsonl`. Too
 * many refusals, or nothing to keep: nothing is written, and the result says why. Throws a UserError on mistakes in
 * the request, and the signal's reason when it is stopped; the folder is then not there either.
 */
export async function importData(request: ImportRequest): Promise<ImportResult> {
  const { form, sources, out, maxRefused } = request;
  const join = request.joinFrames === true;
  if (join && !form.startsWith('pixel-reasoner'))
    throw new UserError(`--join-frames: only the forms of Pixel-Reasoner list pictures, not ${form}`);
  const root = new VideoRoot(request.videos ?? (await folderAround(sources[0] ?? '.')));
  const writer = await DataWriter.begin(out);
  try {
    const tally = new Tally((row) => {
      writer.refused(row);
    });
    const joiner = join ? new FrameJoiner(root, writer.videosDir, (await resolveVideo()).writer) : null;
    await IMPORTERS[form](new ImportContext(request, root, tally, writer, joiner));
    const report = tally.report(form, sources);
    const failure = nothingKept(report) ?? tooManyRefused(report, maxRefused);
    if (failure !== null) {
      await writer.abandon();
      return { report, failure };
    }
    const videoRoot = join ? VIDEOS : root.dir;
    await writer.commit({ version: 1, form, videoRoot, madeBy: { importer: `${form} 1` } }, report);
    return { report, failure: null };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function nothingKept({ counts }: DataReport): string | null {
  const kept = (counts.question?.kept ?? 0) + (counts.trajectory?.kept ?? 0);
  if (kept > 0) return null;
  const read = (counts.question?.read ?? 0) + (counts.trajectory?.read ?? 0);
  return read === 0 ? 'there are no rows' : 'no row could be kept';
}

/** A data folder says itself where its videos are. */
async function folderAround(source: string): Promise<string> {
  const found = await stat(source).catch(() => null);
  if (found?.isDirectory() !== true) return path.dirname(source);
  const manifest = await manifestIn(source);
  return path.resolve(source, manifest?.videoRoot ?? '.');
}
