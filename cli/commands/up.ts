import { Command } from 'commander';
import { err, examples, out } from '../say.js';

interface Options {
  readonly foreground?: boolean;
  readonly newPorts?: boolean;
  readonly json?: boolean;
}

export function upCommand(): Command {
  return new Command('up')
    .summary('start the services')
    .description('Starts Temporal, MinIO and the workers of this home, on loopback alone.')
    .option('--foreground', 'stay, and stop everything with Ctrl-C')
    .option('--new-ports', 'choose other ports than the remembered ones')
    .option('--json', 'answer with {home, already, temporalAddress, uiUrl, services} as JSON')
    .addHelpText('after', examples('ruminate up', 'RUMINATE_HOME=/data/ruminate ruminate up --foreground'))
    .action(async (options: Options) => {
      const { openHome } = await import('../../infra/home/home.js');
      const services = await import('../../infra/services/command.js');
      process.exitCode = await services.upCommand(openHome(), options, { out, err });
    });
}
