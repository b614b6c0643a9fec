import type { RunReport } from '../../activities/contract.js';
import { UserError } from '../../domain/failures.js';
import type { CurriculumResult } from '../../workflows/curriculum.js';
import { describeRun, noSuchRun } from './runs.js';
import { bounded, type Session } from './session.js';
import { listRuns } from './status.js';

export interface FoundReport {
  readonly report: RunReport;
  /** The self-contained page. */
  readonly html: Uint8Array;
}

/** The report of a complete run; of the latest complete one where none is named. */
export async function runReport(session: Session, named: string | null): Promise<FoundReport> {
  const run = named ?? (await latestComplete(session));
  const described = await describeRun(session, run);
  if (described === null) throw await noSuchRun(session, run);
  if (described.status.name !== 'COMPLETED')
    throw new UserError(
      `the run "${run}" has no report: it is ${described.status.name.toLowerCase()}, and the report comes at the end`,
      `see where it is: ruminate status ${run}`,
    );
  const result = await bounded(
    session,
    () => session.temporal.workflow.getHandle(run).result() as Promise<CurriculumResult>,
  );
  const { report, html } = result.report;
  return { report, html: await session.store.get(html) };
}

async function latestComplete(session: Session): Promise<string> {
  const runs = await listRuns(session);
  const found = runs.find(({ state }) => state === 'completed');
  if (found !== undefined) return found.run;
  throw new UserError(
    runs.length === 0 ? 'there are no runs yet' : 'no run is complete yet, and the report comes at the end',
    runs.length === 0 ? 'Type: ruminate run configs/mini.yaml' : 'Type: ruminate list',
  );
}
