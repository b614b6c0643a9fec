import { runPage, type Session } from '../infra/client/session.js';
import { runReport } from '../infra/client/report.js';
import { hasEnded, waitsForPerson } from '../infra/client/run-state.js';
import { watchRun } from '../infra/client/watch.js';
import type { RunStatus } from '../infra/client/status.js';
import type { Home } from '../infra/home/home.js';
import { EXIT } from './exit.js';
import { viewFor } from './live-view.js';
import { err, out } from './say.js';
import { reportTable } from './table.js';
import { keepPage } from './pages.js';

/** Watches a run until it ends, then shows its table, or until it waits for a person. Ctrl-C stops the watching, not the run. Returns the exit code. */
export async function follow(session: Session, home: Home, run: string): Promise<number> {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const view = viewFor(process.stderr);
  let last: RunStatus | null = null;
  try {
    const onTrouble = (message: string): void => {
      view.say(`waiting: ${message}`);
    };
    for await (const status of watchRun(session, run, { signal: stop.signal, onTrouble })) {
      last = status;
      view.show(status);
    }
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
  if (last === null || !(hasEnded(last) || waitsForPerson(last))) {
    err(`\nStopped watching; the run goes on.`);
    err(`  ruminate watch ${run}     watch it again`);
    err(`  ruminate cancel ${run}    stop it; its last checkpoint stands`);
    err('  ruminate down             stop the services; ruminate run takes it up again');
    return EXIT.interrupted;
  }
  return ended(session, home, last);
}

/** Says how a run ended or what it waits for, and shows its table where it is complete. Returns the exit code. */
export async function ended(session: Session, home: Home, status: RunStatus): Promise<number> {
  if (status.state !== 'completed') {
    err(`${status.run}: ${status.state}${status.reason === null ? '' : `: ${status.reason}`}`);
    if (!waitsForPerson(status)) return EXIT.failure;
    err(`It waits, and loses nothing; ruminate cancel ${status.run} stops it.`);
    return EXIT.waiting;
  }
  const { report, html } = await runReport(session, status.run);
  out('');
  out(reportTable(report));
  out('');
  out(`Page:        ${await keepPage(home, status.run, html)}`);
  out(`Temporal UI: ${runPage(session, status.run)}`);
  return EXIT.ok;
}
