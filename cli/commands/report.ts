import { Command } from 'commander';
import { examples, json, out } from '../say.js';

export function reportCommand(): Command {
  return new Command('report')
    .summary('the table and page of a complete run')
    .description('Shows the final table of a complete run, and where its page is.')
    .argument('[run]', 'a run (default: the latest that is complete)')
    .option('--html <file>', 'write the page there')
    .option('--json', 'the table as JSON, stable for scripts')
    .addHelpText(
      'after',
      examples('ruminate report', 'ruminate report mini --json', 'ruminate report --html r.html'),
    )
    .action(async (run: string | undefined, options: { json?: boolean; html?: string }) => {
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession, runPage } = await import('../../infra/client/session.js');
      const { runReport } = await import('../../infra/client/report.js');
      const { reportTable } = await import('../table.js');
      const { keepFile, keepPage } = await import('../pages.js');
      const home = openHome();
      await withSession(home, async (session) => {
        const { report, html } = await runReport(session, run ?? null);
        const page =
          options.html === undefined
            ? await keepPage(home, report.run, html)
            : await keepFile(options.html, html);
        const temporalUi = runPage(session, report.run);
        if (options.json === true) {
          json({ ...report, page, temporalUi });
          return;
        }
        out(reportTable(report));
        out('');
        out(`Page:        ${page}`);
        out(`Temporal UI: ${temporalUi}`);
      });
    });
}
