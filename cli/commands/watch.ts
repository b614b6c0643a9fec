import { Command } from 'commander';
import { examples } from '../say.js';

export function watchCommand(): Command {
  return new Command('watch')
    .summary('watch a run to its end')
    .description(
      'Shows how a run goes, to its end, then its table; or until it waits for you (exit code 3).\nCtrl-C stops the watching, not the run.',
    )
    .argument('[run]', 'a run (default: the latest of a curriculum)')
    .addHelpText('after', examples('ruminate watch', 'ruminate watch mini'))
    .action(async (named: string | undefined) => {
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { latestRun } = await import('../../infra/client/status.js');
      const { follow } = await import('../follow.js');
      const { describeAnswers } = await import('../../infra/client/answers.js');
      const { watchQuestions } = await import('../answer-questions.js');
      const { UserError } = await import('../../domain/failures.js');
      const home = openHome();
      process.exitCode = await withSession(home, async (session) => {
        const run = named ?? (await latestRun(session));
        if (run === null)
          throw new UserError('there are no runs yet', 'Type: ruminate run configs/mini.yaml --watch');
        if ((await describeAnswers(session, run)) !== null) return watchQuestions(session, home, run);
        return follow(session, home, run);
      });
    });
}
