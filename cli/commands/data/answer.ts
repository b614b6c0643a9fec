import type { DataReport } from '../../../infra/data/report.js';
import { EXIT } from '../../exit.js';
import { interruptible } from '../../interruptible.js';
import { err, json, out } from '../../say.js';

/** Work shorter than this shows no progress. */
const QUIET_MS = 2000;

export type Show = (progress: { readonly done: number; readonly total: number }) => void;

/** Runs work that ends in a report: progress after two seconds, Ctrl-C, the table or JSON, exit code 1 where it failed. */
export async function answerReport(
  asJson: boolean,
  doing: string,
  place: string,
  work: (
    signal: AbortSignal,
    onProgress: Show,
  ) => Promise<{ readonly report: DataReport; readonly failure: string | null }>,
): Promise<void> {
  const { reportText } = await import('../../../infra/data/report-text.js');
  const began = Date.now();
  const done = await interruptible(doing, 'Stopped; nothing was written.', ({ signal, onProgress }) =>
    work(signal, (at) => {
      if (Date.now() - began >= QUIET_MS) onProgress(at);
    }),
  );
  if (done === null) return;
  const { report, failure } = done;
  if (asJson) json({ report, out: place, failure });
  else out(reportText(report));
  if (failure !== null) {
    err(`ruminate: ${failure}.`);
    process.exitCode = EXIT.failure;
  } else if (!asJson) out(`\n${place}`);
}
