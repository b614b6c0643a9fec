import { Command } from 'commander';
import { columns } from '../format.js';
import { err, examples, json, out } from '../say.js';

export function listCommand(): Command {
  return new Command('list')
    .summary('all runs, the latest first')
    .description('Lists all runs, of curricula and of questions to served models, the latest first.')
    .option('--json', 'as a JSON list')
    .addHelpText('after', examples('ruminate list', 'ruminate list --json'))
    .action(async (options: { json?: boolean }) => {
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { listAll } = await import('../../infra/client/answers-status.js');
      const { answersCells } = await import('../answers-view.js');
      const runs = await withSession(openHome(), listAll);
      if (options.json === true) {
        json(runs);
        return;
      }
      if (runs.length === 0) err('There are no runs yet. Type: ruminate run configs/mini.yaml');
      const rows = runs.map((summary) => {
        if (summary.kind === 'answers') return answersCells(summary);
        const { run, curriculum, state, stage, step, startedAt } = summary;
        return [
          ...[run, curriculum, state],
          stage === null ? '' : `${stage} · step ${step ?? 0}`,
          startedAt.slice(0, 19).replace('T', ' '),
        ];
      });
      columns(rows).forEach((line, i) => {
        out(line);
        const summary = runs[i]!;
        if (summary.kind === 'curriculum' && summary.reason !== null)
          out(`  ${summary.reason.replaceAll('\n', '\n  ')}`);
      });
    });
}
