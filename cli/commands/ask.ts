import { resolve } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../../domain/failures.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import type { PolicyChoice } from '../../infra/client/policies.js';
import { EXIT } from '../exit.js';
import { err, examples, json, out } from '../say.js';
import {
  addServedOptions,
  isServed,
  refuseOptionsOf,
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
        'Without --engine it is the latest policy that was trained here; the embedded one knows the small world alone.',
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
    .option('--name <name>', 'a name for a durable run; the same name goes on where it stopped')
    .option('--html <file>', 'write what was looked at and why as a page')
    .option('--json', 'answer with {answer, looks} as JSON');
  return addServedOptions(command)
    .addHelpText(
      'after',
      examples(
        'ruminate ask world/videos/000003.mp4 "What can you read on the sign?"',
        'ruminate ask --batch questions.jsonl --base-url http://127.0.0.1:8000/v1 --out answers.jsonl',
        'ruminate ask talk.mp4 "Which year is on the last slide?" --engine openai --base-url http://127.0.0.1:8000/v1 --html looks.html',
        'ruminate ask talk.mp4 "Which year is on the last slide?" --engine torch --model models/Qwen2.5-VL-7B-Instruct --device cuda',
        'ruminate ask --batch questions.jsonl --run my-torch-run --stage RL_c',
      ),
    )
    .action(async (video: string | undefined, question: string | undefined, options: Options) => {
      if (isServed(options)) {
        refuseTrainedOptions(command, ['--run', '--stage']);
        refuseOptionsOf(command, options.engine ?? 'openai');
      }
      if (options.batch !== undefined) {
        process.exitCode = await askBatch(command, options.batch, video, options);
        return;
      }
      if (video === undefined || question === undefined)
        throw new UserError(
          'expected a video and a question',
          'or a file of them: --batch FILE; see ruminate ask --help',
        );
      refuseBatchOptions(command);
      // The latest run may be anybody's: only one that is named is looked up for what was typed.
      if (!isServed(options) && options.run === undefined) refuseServedOptions(command, ['--name']);
      if (question.trim() === '')
        throw new UserError(
          'the question is empty',
          'ask something, in quotes: ruminate ask VIDEO "What …?"',
        );
      const { refuseNoFile } = await import('../folders.js');
      const file = resolve(video);
      await refuseNoFile(file);
      if (isServed(options)) {
        const { specFrom } = await import('../served-spec.js');
        const { askServed } = await import('../ask-served.js');
        process.exitCode = await askServed(file, question, await specFrom(options), options);
      } else process.exitCode = await askTrained(command, file, question, options);
    });
}

/** Options that would be ignored are refused by name. */
function refuseBatchOptions(command: Command): void {
  const typed = command.options.find(
    (option) =>
      ['--limit', '--max-failed', '--out'].includes(option.long ?? '') &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (typed !== undefined)
    throw new UserError(`${typed.long!} belongs to --batch`, 'leave it out, or ask a file of questions');
}

/** Asks every question of a file. */
async function askBatch(
  command: Command,
  path: string,
  video: string | undefined,
  options: Options,
): Promise<number> {
  if (video !== undefined) throw new UserError('--batch names the videos in its file', `leave out ${video}`);
  if (!isServed(options) && options.run === undefined) throw embeddedBatch();
  const { readQuestionFile } = await import('../../infra/client/question-files.js');
  const { answersName } = await import('../../infra/client/answers-name.js');
  const { answerQuestions } = await import('../answer-questions.js');
  const asked = await readQuestionFile(path, options.limit);
  const { questions } = asked;
  const spec = await batchSpec(command, options);
  const name = options.name ?? answersName(asked, spec.engine);
  const again = `ruminate ask --batch ${path} --name ${name} …`;
  return answerQuestions(questions, spec, { ...options, name, out: options.out ?? `${name}.jsonl` }, again);
}

async function batchSpec(command: Command, options: Options): Promise<AnswerSpec> {
  if (isServed(options)) return (await import('../served-spec.js')).specFrom(options);
  const { findTrained } = await import('../trained.js');
  const { spec } = await findTrained(command, choiceOf(options), options, []);
  if (spec === null) throw embeddedBatch();
  return spec;
}

function embeddedBatch(): UserError {
  return new UserError(
    '--batch asks a model behind a server, in a folder, or of a run of the torch engine',
    'name it with --base-url, --engine torch --model, or --run; for an embedded policy: ruminate eval',
  );
}

function choiceOf({ run, stage }: Options): PolicyChoice {
  return { run: run ?? null, stage: stage ?? null };
}

/** Asks a policy that was trained here. */
async function askTrained(
  command: Command,
  file: string,
  question: string,
  options: Options,
): Promise<number> {
  const { findTrained } = await import('../trained.js');
  const { policy, spec } = await findTrained(command, choiceOf(options), options, ['--name']);
  if (spec !== null) {
    err(`The policy of ${policy.run} after ${policy.stage} looks …`);
    const { askServed } = await import('../ask-served.js');
    return askServed(file, question, spec, options);
  }
  const { openHome } = await import('../../infra/home/home.js');
  const { withSession } = await import('../../infra/client/session.js');
  const { askPolicy } = await import('../../infra/client/policies.js');
  const { describeTurns } = await import('../turns.js');
  await withSession(openHome(), async (session) => {
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
  return EXIT.ok;
}
