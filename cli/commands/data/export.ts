import { Argument, Command, Option } from 'commander';
import type { ExportForm } from '../../../infra/data/export.js';
import { examples } from '../../say.js';
import { countingNumber, share } from '../../values.js';
import { answerReport } from './answer.js';

interface Options {
  readonly out: string;
  readonly questions?: boolean;
  readonly trajectories?: boolean;
  readonly limitShard?: number;
  readonly parquet?: boolean;
  readonly maxRefused: number;
  readonly json?: boolean;
}

/** Also the keys of infra/data/export.ts; a test compares them. */
export const FORMS: readonly ExportForm[] = ['pixel-reasoner', 'messages', 'hf', 'm4-vitevqa'];

export function exportDataCommand(): Command {
  return new Command('export')
    .summary('write a data folder in another form')
    .description(
      'Writes questions and trajectories of a data folder in a form that other programs read (docs/data.md). What each ' +
        'look of a trajectory shows is cut from the video by the real tools; equal folders and videos give equal bytes.',
    )
    .addArgument(new Argument('<form>', 'the form to write').choices([...FORMS]))
    .argument('<dir>', 'the data folder')
    .requiredOption('--out <dir>', 'the folder to write; it must not hold anything')
    .addOption(new Option('--questions', 'questions alone').conflicts('trajectories'))
    .option('--trajectories', 'trajectories alone')
    .option('--limit-shard <rows>', 'at most so many rows in a file (default: one file)', countingNumber)
    .option('--parquet', 'Parquet in place of JSON lines (hf)')
    .option(
      '--max-refused <share>',
      'largest share of records that may be refused, of each kind',
      share,
      0.05,
    )
    .option('--json', 'answer with {report, out, failure} as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate data export messages data/curated --out for-ms-swift',
        'ruminate data export hf data/m4 --questions --parquet --out hub/m4',
        'ruminate data export pixel-reasoner data/curated --limit-shard 1000 --out for-pixel-reasoner',
      ),
    )
    .action(async (form: ExportForm, dir: string, options: Options) => {
      const { exportData } = await import('../../../infra/data/export.js');
      const { json, questions, trajectories, limitShard, parquet = false, ...rest } = options;
      const only = questions === true ? 'questions' : trajectories === true ? 'trajectories' : undefined;
      await answerReport(json === true, 'writing records', options.out, (signal, onProgress) =>
        exportData({ form, dir, ...rest, only, shardRows: limitShard, parquet, signal, onProgress }),
      );
    });
}
