import { resolve } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../../domain/failures.js';
import { err, examples, json, out } from '../say.js';
import {
  addServedOptions,
  isServed,
  refuseServedOptions,
  refuseTrainedOptions,
  type ServedOptions,
} from '../served-options.js';
import { countingNumber, share } from '../values.js';

interface Options extends ServedOptions {
  readonly run?: string;
  readonly stage?: string;
  readonly batch?: string;
  readonly limit?: number;
  readonly maxFailed: number;
  readonly out?: string;
  readonly name?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export function askCommand(): Command {
  const command = new Command('ask')
    .summary('let a policy look at a video and answer')
    .description(
      'Lets a model look at a video: prints each look as it happens, and the answer.\n' +
        'Without --engine it is the latest policy that was trained here, which knows the small world alone.',
    )
    .argument('[video]', 'a video file')
    .argument('[question]', 'the question')
    .option('--run <run>', 'whose policy (default: the latest run that has one)')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--batch <questions>', 'ask every question of a JSONL file or a data folder, as a durable run')
    .option('--limit <n>', 'with --batch: the first so many', countingNumber)
    .option(
      '--max-failed <share>',
      'with --batch: stop when more than this share could not be asked, from the fifth on',
      share,
      0.2,
    )
    .option(
      '--out <file>',
      'with --batch: the answers with their trajectories, as JSONL (default: NAME.jsonl)',
    )
    .option('--name <name>', 'with --base-url: a name for the run; the same name goes on where it stopped')
    .option('--html <file>', 'write what was looked at and why as a page')
    .option('--json', 'answer with {answer, looks} as JSON');
  return addServedOptions(command)
    .addHelpText(
      'after',
      examples(
        'ruminate ask world/videos/000003.mp4 "What can you read on the sign?"',
        'ruminate ask --batch questions.jsonl --base-url http://127.0.0.1:8000/v1 --out answers.jsonl',
        'ruminate ask talk.mp4 "Which year is on the last slide?" --engine openai --base-url http://127.0.0.1:8000/v1 --html looks.html',
      ),
    )
    .action(async (video: string | undefined, question: string | undefined, options: Options) => {
      if (isServed(options)) refuseTrainedOptions(command, ['--run', '--stage']);
      if (options.batch !== undefined) {
        process.exitCode = await askBatch(options.batch, video, options);
        return;
      }
      if (video === undefined || question === undefined)
        throw new UserError(
          'expected a video and a question',
          'or a file of them: --batch FILE; see ruminate ask --help',
        );
      refuseOptions(command, options);
      if (question.trim() === '')
        throw new UserError(
          'the question is empty',
          'ask something, in quotes: ruminate ask VIDEO "What …?"',
        );
      const { refuseNoFile } = await import('../folders.js');
      const file = resolve(video);
      await refuseNoFile(file);
      if (isServed(options)) {
        const { askServed } = await import('../ask-served.js');
        process.exitCode = await askServed(file, question, options);
      } else await askTrained(file, question, options);
    });
}

/** Options that would be ignored are refused by name. */
function refuseOptions(command: Command, options: Options): void {
  if (!isServed(options)) refuseServedOptions(command, ['--name']);
  const typed = command.options.find(
    (option) =>
      ['--limit', '--max-failed', '--out'].includes(option.long ?? '') &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (typed !== undefined)
    throw new UserError(`${typed.long!} belongs to --batch`, 'leave it out, or ask a file of questions');
}

/** Asks every question of a file. */
async function askBatch(path: string, video: string | undefined, options: Options): Promise<number> {
  if (video !== undefined) throw new UserError('--batch names the videos in its file', `leave out ${video}`);
  if (!isServed(options))
    throw new UserError(
      '--batch asks a model behind a server',
      'name it with --base-url; for a trained policy: ruminate eval',
    );
  const { readQuestionFile } = await import('../../infra/client/question-files.js');
  const { answerQuestions } = await import('../answer-questions.js');
  const { questions, name: ownName } = await readQuestionFile(path, options.limit);
  const name = options.name ?? ownName;
  const again = `ruminate ask --batch ${path} --name ${name} …`;
  return answerQuestions(questions, { ...options, name, out: options.out ?? `${name}.jsonl` }, again);
}

/** Asks a policy that was trained here. */
async function askTrained(file: string, question: string, options: Options): Promise<void> {
  const { openHome } = await import('../../infra/home/home.js');
  const { withSession } = await import('../../infra/client/session.js');
  const { askPolicy, findPolicy } = await import('../../infra/client/policies.js');
  const { describeTurns } = await import('../turns.js');
  await withSession(openHome(), async (session) => {
    const policy = await findPolicy(session, { run: options.run ?? null, stage: options.stage ?? null });
    err(`The policy of ${policy.run} after ${policy.stage} looks …`);
    const evidence = options.html !== undefined;
    const { graded, record } = await askPolicy(session, policy, file, question, evidence);
    const { rollout } = graded;
    const { keepEvidence } = await import('../ask-served.js');
    const html =
      record === null || options.html === undefined
        ? null
        : await keepEvidence(session, [record], options.html);
    const looks = rollout.turns.flatMap(({ action, observation, failure }) =>
      action?.tool === 'answer' ? [] : [{ action, observation, failure }],
    );
    if (options.json === true) {
      json({
        run: policy.run,
        stage: policy.stage,
        video: file,
        question,
        answer: rollout.answer,
        looks,
        html,
      });
      return;
    }
    for (const line of describeTurns(rollout)) out(line);
    if (html !== null) err(`Evidence: ${html}`);
  });
}
