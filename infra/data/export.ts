import { UserError } from '../../domain/failures.js';
import { resolveVideo } from '../video/resolve.js';
import type { Exporter } from './exports/context.js';
import { exportHf } from './exports/hf.js';
import { exportM4 } from './exports/m4-vitevqa.js';
import { exportMessages } from './exports/messages.js';
import { exportPixelReasoner } from './exports/pixel-reasoner.js';
import { openDataFolder } from './read-folder.js';
import { countLines } from './rows/count.js';
import { Tally, tooManyRefused, type DataReport } from './report.js';
import { VideoRoot } from './video-root.js';
import { WholeFolder } from './whole-folder.js';

type Kind = 'questions' | 'trajectories';

const EXPORTERS = {
  'pixel-reasoner': { write: exportPixelReasoner, kinds: ['questions', 'trajectories'] },
  messages: { write: exportMessages, kinds: ['trajectories'] },
  hf: { write: exportHf, kinds: ['questions', 'trajectories'] },
  'm4-vitevqa': { write: exportM4, kinds: ['questions'] },
} satisfies Record<string, { write: Exporter; kinds: readonly Kind[] }>;

export type ExportForm = keyof typeof EXPORTERS;

export const EXPORT_FORMS = Object.keys(EXPORTERS) as readonly ExportForm[];

export interface ExportRequest {
  readonly form: ExportForm;
  readonly dir: string;
  readonly out: string;
  /** What to write; all that the form and the folder have unless told. */
  readonly only?: Kind | undefined;
  readonly shardRows?: number | undefined;
  readonly parquet: boolean;
  readonly maxRefused: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/**
 * Writes a data folder in another form, whole or not at all, with `report.json`. The bytes depend on the folder and its
 * videos alone. Too many refusals, or nothing to write: nothing is there, and the result says why.
 */
export async function exportData(
  request: ExportRequest,
): Promise<{ readonly report: DataReport; readonly failure: string | null }> {
  const { form, dir, only, parquet, maxRefused } = request;
  const { write, kinds }: { write: Exporter; kinds: readonly Kind[] } = EXPORTERS[form];
  if (only !== undefined && !kinds.includes(only))
    throw new UserError(`${form}: the form holds ${kinds.join(' and ')}, no ${only}`);
  if (parquet && form !== 'hf') throw new UserError(`--parquet: only hf is written as Parquet, not ${form}`);
  const folder = await openDataFolder(dir);
  const out = await WholeFolder.begin(request.out);
  try {
    const tally = new Tally();
    const wanted = (kind: Kind): boolean => kinds.includes(kind) && (only ?? kind) === kind;
    const files = [
      ...(wanted('questions') ? [folder.questionsFile] : []),
      ...(wanted('trajectories') ? [folder.trajectoriesFile] : []),
    ];
    const total = await countLines(files, request.signal);
    let done = 0;
    await write({
      parquet,
      signal: request.signal,
      step: () => request.onProgress?.({ done: Math.min(++done, total), total }),
      folder,
      root: new VideoRoot(folder.videoRoot),
      out,
      tally,
      reader: async () => (await resolveVideo()).reader,
      questions: wanted('questions'),
      trajectories: wanted('trajectories'),
      shardRows: request.shardRows ?? Infinity,
    });
    const report = tally.report(form, [dir]);
    const kept = (report.counts.question?.kept ?? 0) + (report.counts.trajectory?.kept ?? 0);
    const failure =
      kept === 0 ? `there is nothing of the form ${form} to write` : tooManyRefused(report, maxRefused);
    if (failure === null) {
      await out.write('report.json', `${JSON.stringify(report, null, 2)}\n`);
      await out.commit();
    } else await out.abandon();
    return { report, failure };
  } catch (error) {
    await out.abandon();
    throw error;
  }
}
