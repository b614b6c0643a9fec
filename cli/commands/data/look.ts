import { counted } from '../../../domain/counted.js';
import { Command } from 'commander';
import { interruptible } from '../../interruptible.js';
import { examples, json, out } from '../../say.js';
import { countingNumber } from '../../values.js';

interface Options {
  readonly out: string;
  readonly video?: string;
  readonly question?: string;
  readonly count: number;
  readonly json?: boolean;
}

export function lookCommand(): Command {
  return new Command('look')
    .summary('see what a policy sees')
    .description(
      'Draws a contact sheet of some questions of a data folder: all frames as thumbnails, the frame of the evidence,\n' +
        'and its box in native pixels, side by side. Without --video and --question, one question of each task.',
    )
    .argument('<dir>', 'a data folder, or a folder of the small world')
    .requiredOption('--out <file>', 'the PNG to write')
    .option('--video <path>', "only this video's questions")
    .option('--question <id>', 'only this question')
    .option('--count <count>', 'questions at most', countingNumber, 6)
    .option('--json', 'answer with what was drawn as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate data look towns/new --out look.png',
        'ruminate data look towns/new --video 000003 --out look.png --count 3',
      ),
    )
    .action(look);
}

async function look(dir: string, { json: asJson, ...options }: Options): Promise<void> {
  const { runLookCommand } = await import('../../../infra/town/look/command.js');
  const made = await interruptible('drawing questions', 'Stopped; nothing was written.', (given) =>
    runLookCommand({ ...options, ...given, dir }),
  );
  if (made === null) return;
  if (asJson === true) json(made);
  else out(`${made.out}: ${counted(made.questions.length, 'question')}.`);
}
