import type { DataReport } from '../../../infra/data/report.js';
import { EXIT } from '../../exit.js';
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
  const { progressLine } = await import('../../progress.js');
  const { reportText } = await import('../../../infra/data/report-text.js');
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  const progress = progressLine(doing);
  const began = Date.now();
  let last = -1;
  try {
    const { report, failure } = await work(stop.signal, (at) => {
      if (at.done === last || Date.now() - began < QUIET_MS) return;
      last = at.done;
      progress.show(at);
    });
    progress.end();
    if (asJson) json({ report, out: place, failure });
    else out(reportText(report));
    if (failure !== null) {
      err(`ruminate: ${failure}.`);
      process.exitCode = EXIT.failure;
    } else if (!asJson) out(`\n${place}`);
  } catch (error) {
    progress.end();
    if (!stop.signal.aborted) throw error;
    err('Stopped; nothing was written.');
    process.exitCode = EXIT.interrupted;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
