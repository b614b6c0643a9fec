import { Argument, Command } from 'commander';
import { EXIT } from '../exit.js';
import { err, examples, json, out } from '../say.js';
import { rate } from '../values.js';

interface Options {
  readonly out: string;
  readonly fps?: number;
  readonly json?: boolean;
}

export function toolCommand(): Command {
  return new Command('tool')
    .summary('run one tool by hand')
    .description('Runs one tool on a video and writes its pictures as PNG, named in order.')
    .addArgument(new Argument('<tool>', 'the tool').choices(['overview', 'clip', 'crop']))
    .argument('<video>', 'a video file')
    .argument('[arguments]', "the call's arguments as JSON; none for overview")
    .option('--fps <fps>', 'rate at which frames are numbered (default: 1)', rate)
    .requiredOption('--out <dir>', 'folder for the pictures')
    .option('--json', 'answer with {files, observation, refused} as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate tool overview video.mp4 --out looks',
        `ruminate tool clip video.mp4 '{"target_frames": [3, 4]}' --out looks`,
        `ruminate tool crop video.mp4 '{"target_frame": 3, "bbox_2d": [0.1, 0.2, 0.6, 0.4]}' --out looks`,
      ),
    )
    .action(
      async (
        tool: 'overview' | 'clip' | 'crop',
        video: string,
        text: string | undefined,
        options: Options,
      ) => {
        const { refuseNoFile } = await import('../folders.js');
        await refuseNoFile(video);
        const { runToolCommand } = await import('../../infra/tools/command.js');
        const result = await runToolCommand({
          tool,
          video,
          out: options.out,
          ...(text === undefined ? {} : { argumentsJson: text }),
          ...(options.fps === undefined ? {} : { fps: options.fps }),
        });
        if (options.json === true) json(result);
        else {
          for (const file of result.files) out(file);
          (result.refused ? out : err)(result.observation);
        }
        if (result.refused) process.exitCode = EXIT.usage;
      },
    );
}
