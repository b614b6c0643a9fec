import { Command } from 'commander';
import type { Home } from '../../infra/home/home.js';
import { err, examples, json, out } from '../say.js';

export function statusCommand(): Command {
  return new Command('status')
    .summary('where the services and runs are')
    .description(
      'Shows the services and the runs; with the name of a run, its stages, or how its questions go.',
    )
    .argument('[run]', 'a run')
    .option('--json', 'as JSON, stable for scripts')
    .addHelpText('after', examples('ruminate status', 'ruminate status mini --json'))
    .action(async (run: string | undefined, options: { json?: boolean }) => {
      await (run === undefined ? everything(options.json === true) : one(run, options.json === true));
    });
}

async function one(run: string, asJson: boolean): Promise<void> {
  const { openHome } = await import('../../infra/home/home.js');
  const { withSession, runPage } = await import('../../infra/client/session.js');
  const { runStatus } = await import('../../infra/client/status.js');
  const { statusLines } = await import('../status-view.js');
  const { describeAnswers } = await import('../../infra/client/answers.js');
  const { answersView } = await import('../../infra/client/answers-status.js');
  const { answersLines } = await import('../answers-view.js');
  await withSession(openHome(), async (session) => {
    const asked = await describeAnswers(session, run);
    if (asked !== null) {
      const view = await answersView(session, run, asked);
      const temporalUi = runPage(session, asked.workflowId);
      if (asJson) json({ ...view, temporalUi });
      else for (const line of [...answersLines(view, Date.now()), `Temporal UI: ${temporalUi}`]) out(line);
      return;
    }
    const status = await runStatus(session, run);
    if (asJson) {
      json({ ...status, temporalUi: runPage(session, run) });
      return;
    }
    for (const line of statusLines(status, Date.now())) out(line);
    out(`Temporal UI: ${runPage(session, run)}`);
  });
}

async function everything(asJson: boolean): Promise<void> {
  const { openHome } = await import('../../infra/home/home.js');
  const { servicesStatus } = await import('../../infra/services/command.js');
  const home = openHome();
  const { services, lines } = await servicesStatus(home);
  const temporal = services.find(({ role }) => role === 'temporal');
  const runs = temporal?.state === 'running' ? await runsOf(home) : [];
  if (asJson) {
    json({ services, runs });
    return;
  }
  for (const line of lines) out(line);
  for (const one of runs) {
    const what =
      one.kind === 'answers' ? `questions to ${one.model}, ${one.done} of ${one.total}` : one.curriculum;
    out(`${one.run} (${what}): ${one.state}`);
    if (one.kind === 'curriculum' && one.reason !== null) out(`  ${one.reason.replaceAll('\n', '\n  ')}`);
  }
}

async function runsOf(home: Home): ReturnType<typeof listAll> {
  const { withSession } = await import('../../infra/client/session.js');
  const { listAll } = await import('../../infra/client/answers-status.js');
  try {
    return await withSession(home, listAll);
  } catch (error) {
    err(`the runs cannot be listed: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
