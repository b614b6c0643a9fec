import { Command, Option } from 'commander';
import { interruptible } from '../../interruptible.js';
import { examples, json, out } from '../../say.js';
import { countingNumber, wholeNumber } from '../../values.js';

interface Options {
  readonly out: string;
  readonly videos: number;
  readonly seed: number;
  readonly split: string;
  readonly difficulty: string;
  readonly form: string;
  readonly knob: readonly string[];
  readonly size?: string;
  readonly questionsPerVideo?: number;
  readonly processes?: number;
  readonly ocrTruth?: boolean;
  readonly json?: boolean;
}

export function townCommand(): Command {
  return new Command('town')
    .summary('write videos of a town full of text')
    .description(
      'Writes videos of ten kinds of scene, questions with their evidence, and the truth about every text (docs/town.md).\n' +
        'A folder that was left unfinished is gone on with.',
    )
    .requiredOption('--out <dir>', 'the folder')
    .option('--videos <count>', 'how many videos', countingNumber, 8)
    .option('--seed <seed>', 'which town', wholeNumber, 1)
    .addOption(choice('--split <split>', 'whose texts and layouts', ['train', 'validation', 'test'], 'test'))
    .addOption(choice('--difficulty <preset>', 'where the knobs stand', ['easy', 'medium', 'hard'], 'medium'))
    .option('--knob <name=value>', 'turn one knob; may be given again', gathered, [])
    .option('--size <size>', 'of a frame, such as 1280x720 (default: 256x144)')
    .addOption(choice('--form <form>', 'of the files', ['data', 'm4-vitevqa'], 'data'))
    .option('--questions-per-video <count>', 'questions about each video (default: 6)', countingNumber)
    .option('--ocr-truth', "write a perfect reader's OCR beside the videos")
    .option('--processes <count>', 'that draw and encode (default: 2)', countingNumber)
    .option('--json', 'answer with the manifest and the speed as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate data town --out towns/new --videos 20 --seed 3 --split test',
        'ruminate data town --out towns/large --size 1280x720 --knob textPct=3 --knob fps=12',
        'ruminate data town --out towns/m4 --form m4-vitevqa --ocr-truth',
      ),
    )
    .action(write);
}

async function write({ json: asJson, ...options }: Options): Promise<void> {
  const { runTownCommand } = await import('../../../infra/town/command.js');
  const stopped = 'Stopped; the same command goes on where it was.';
  const written = await interruptible('rendering videos', stopped, (given) =>
    runTownCommand({ ...options, ...given }),
  );
  if (written === null) return;
  const { manifest, seconds, videosPerSecond, said } = written;
  if (asJson === true) json({ ...manifest, out: options.out, seconds, videosPerSecond });
  else out(said);
}

function choice(flags: string, text: string, values: readonly string[], preset: string): Option {
  return new Option(flags, text).choices([...values]).default(preset);
}

function gathered(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
