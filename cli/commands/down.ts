import { Command } from 'commander';
import { err, examples, out } from '../say.js';

export function downCommand(): Command {
  return new Command('down')
    .summary('stop the services')
    .description(
      'Stops everything of this home, and says what that was. Runs go on when the services are back.',
    )
    .option('--json', 'answer with {home, stopped} as JSON')
    .addHelpText('after', examples('ruminate down'))
    .action(async (options: { json?: boolean }) => {
      const { openHome } = await import('../../infra/home/home.js');
      const services = await import('../../infra/services/command.js');
      process.exitCode = await services.downCommand(openHome(), options, { out, err });
    });
}
