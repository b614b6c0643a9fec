import { Argument, Command } from 'commander';
import type { ImportForm } from '../../../infra/data/import.js';
import { examples } from '../../say.js';
import { rate, share } from '../../values.js';
import { answerReport } from './answer.js';

interface Options {
  readonly out: string;
  readonly videos?: string;
  readonly ocr?: string;
  readonly evidence?: string;
  readonly ocrFps?: number;
  readonly joinFrames?: boolean;
  readonly maxRefused: number;
  readonly json?: boolean;
}

/** Also the keys of infra/data/import.ts, which is loaded only when it is needed; a test compares them. */
export const FORMS: readonly ImportForm[] = [
  'm4-vitevqa',
  'vitxt-gqa',
  'pixel-reasoner-sft',
  'pixel-reasoner-rl',
  'video-r1',
  'folder',
  'small-world',
];

export function importCommand(): Command {
  return new Command('import')
    .summary('read a data set of another form into a data folder')
    .description(
      'Reads questions, read text and trajectories of another form into a data folder (docs/data.md), checks every row, ' +
        'and reports what it kept and what it refused, with reasons and places. The folder is written whole or not at all; ' +
        'videos stay where they are.',
    )
    .addArgument(new Argument('<form>', 'the form of the source').choices([...FORMS]))
    .argument('<source...>', 'its files, or its folder')
    .requiredOption('--out <dir>', 'the data folder to write; it must not hold anything')
    .option('--videos <dir>', 'folder that videos are named from (default: the folder of the source)')
    .option('--ocr <dir>', 'folder of OCR side files, <video_id>.json (m4-vitevqa, vitxt-gqa)')
    .option('--ocr-fps <rate>', 'frames a second that OCR side files count (default: 10)', rate)
    .option('--evidence <file>', 'file with spatial_temporal_gt (vitxt-gqa)')
    .option(
      '--join-frames',
      'make videos of lists of pictures, one a second; copies all videos (pixel-reasoner-…)',
    )
    .option('--max-refused <share>', 'largest share of rows that may be refused, of each kind', share, 0.05)
    .option('--json', 'answer with {report, out, failure} as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate data import m4-vitevqa ViteVQA_0.0.2_t1s1train.json --videos clips --ocr video_ocr --out data/m4',
        'ruminate data import vitxt-gqa qa_test.json --evidence grounding_test.json --videos clips --out data/vitxt',
        'ruminate data import folder my-videos --out data/mine --max-refused 0.1',
      ),
    )
    .action(async (form: ImportForm, sources: readonly string[], { json, ...options }: Options) => {
      const { importData } = await import('../../../infra/data/import.js');
      await answerReport(json === true, 'reading (MB)', options.out, (signal, onProgress) =>
        importData({ form, sources, ...options, signal, onProgress }),
      );
    });
}
