import { Command, Option } from 'commander';
import { interruptible } from '../../interruptible.js';
import { examples, json, out } from '../../say.js';
import { countingNumber, wholeNumber } from '../../values.js';

interface Options {
  readonly out: string;
  readonly videos: number;
  readonly seed: number;
  readonly split: string;
  readonly questionsPerVideo?: number;
  readonly json?: boolean;
}

export function worldCommand(): Command {
  return new Command('world')
    .summary('write videos of the small world')
    .description('Writes videos, questions and their truth as files a person can play and read.')
    .requiredOption('--out <dir>', 'the folder')
    .option('--videos <count>', 'how many videos', countingNumber, 8)
    .option('--seed <seed>', 'which world', wholeNumber, 1)
    .addOption(
      new Option('--split <split>', 'whose words and layouts')
        .choices(['train', 'validation', 'test'])
        .default('test'),
    )
    .option('--questions-per-video <count>', 'questions about each video (default: 8)', countingNumber)
    .option('--json', "answer with the world's manifest as JSON")
    .addHelpText('after', examples('ruminate data world --out worlds/new --videos 20 --seed 3 --split test'))
    .action(async ({ json: asJson, questionsPerVideo, ...options }: Options) => {
      const { runWorldCommand } = await import('../../../infra/world/command.js');
      const stopped = 'Stopped; the same command goes on where it was.';
      const written = await interruptible('rendering videos', stopped, (given) =>
        runWorldCommand({
          ...options,
          ...(questionsPerVideo === undefined ? {} : { questionsPerVideo }),
          ...given,
        }),
      );
      if (written === null) return;
      if (asJson === true) json({ ...written.manifest, out: options.out });
      else out(written.said);
    });
}
