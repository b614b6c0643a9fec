import { Command } from 'commander';
import { err, examples, json } from '../say.js';

export function cancelCommand(): Command {
  return new Command('cancel')
    .summary('stop a run; its last checkpoint, or what was answered, stands')
    .description(
      'Asks a run to stop. Its last checkpoint stands, and ruminate run takes it up again;\nof a run of questions, what was answered stands, and the command that began it goes on.',
    )
    .argument('<run>', 'a run')
    .option('--json', 'answer with {run, cancelled} as JSON')
    .addHelpText('after', examples('ruminate cancel mini'))
    .action(async (run: string, options: { json?: boolean }) => {
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { cancelRun } = await import('../../infra/client/runs.js');
      const { cancelAnswers, describeAnswers } = await import('../../infra/client/answers.js');
      const [cancelled, stands] = await withSession(openHome(), async (session) =>
        (await describeAnswers(session, run)) === null
          ? ([await cancelRun(session, run), 'its last checkpoint stands'] as const)
          : ([await cancelAnswers(session, run), 'what was answered stands'] as const),
      );
      if (options.json === true) json({ run, cancelled });
      else if (cancelled) err(`The run "${run}" stops after what it is at; ${stands}.`);
      else err(`The run "${run}" had ended already.`);
    });
}
