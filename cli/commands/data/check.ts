import { Command } from 'commander';
import { examples } from '../../say.js';
import { share } from '../../values.js';
import { answerReport } from './answer.js';

interface Options {
  readonly maxRefused: number;
  readonly json?: boolean;
}

export function checkCommand(): Command {
  return new Command('check')
    .summary('look at everything in a data folder')
    .description(
      'Checks every record of a data folder (docs/data.md): its form, its id, its video, which is opened, the times of its ' +
        'evidence, and whether the tools would take each call of a trajectory. Writes nothing.',
    )
    .argument('<dir>', 'the data folder')
    .option('--max-refused <share>', 'largest share of records that may be wrong, of each kind', share, 0)
    .option('--json', 'answer with {report, out, failure} as JSON')
    .addHelpText(
      'after',
      examples('ruminate data check data/mine', 'ruminate data check data/m4 --max-refused 0.01 --json'),
    )
    .action(async (dir: string, { json, maxRefused }: Options) => {
      const { checkData } = await import('../../../infra/data/check.js');
      await answerReport(json === true, 'checking records', dir, (signal, onProgress) =>
        checkData({ dir, maxRefused, signal, onProgress }),
      );
    });
}
