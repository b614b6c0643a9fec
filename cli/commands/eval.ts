import { resolve } from 'node:path';
import { Command } from 'commander';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import { UserError } from '../../domain/failures.js';
import type { TrainedPolicy } from '../../infra/client/policies.js';
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
  readonly data: string;
  readonly limit?: number;
  readonly maxFailed: number;
  readonly name?: string;
  readonly out?: string;
  readonly html?: string;
  readonly stage?: string;
  readonly json?: boolean;
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .summary('ask a policy every question of a folder, and count')
    .description(
      'Asks a policy every question of a folder, greedily, and counts what it answers.\n' +
        'A model behind a server, in a folder or of a run of the torch engine is asked in a durable run: M4-ViteVQA accuracy\n' +
        'with its interval, and ANLS.',
    )
    .argument('[run]', 'whose policy (default: the latest run that has one)')
    .requiredOption('--data <dir>', 'a folder such as ruminate data writes')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--limit <n>', 'of a durable run: the first so many questions', countingNumber)
    .option(
      '--max-failed <share>',
      'of a durable run: stop when more than this share could not be asked, from the fifth on',
      share,
      0.2,
    )
    .option('--name <name>', 'of a durable run: a name for the run; the same name goes on where it stopped')
    .option('--out <file>', 'of a durable run: the answers with their trajectories, as JSONL')
    .option('--html <file>', 'of a durable run: what was looked at and why, as a page')
    .option('--json', 'the row as JSON, stable for scripts');
  return addServedOptions(command)
    .addHelpText(
      'after',
      examples(
        'ruminate eval --data worlds/new',
        'ruminate eval --engine openai --base-url http://127.0.0.1:8000/v1 --data m4-vitevqa/test --out answers.jsonl',
        'ruminate eval --engine torch --model models/Qwen2.5-VL-7B-Instruct --device cuda --data m4-vitevqa/test',
        'ruminate eval my-torch-run --stage RL_c --data m4-vitevqa/test --html looks.html',
        'ruminate eval mini --stage DRP-SFT --data worlds/new --json',
      ),
    )
    .action(async (run: string | undefined, options: Options) => {
      if (isServed(options)) {
        refuseTrainedOptions(command, ['--stage']);
        refuseOptionsOf(command, options.engine ?? 'openai');
        if (run !== undefined)
          throw new UserError(`--engine asks another model than the run "${run}"`, 'leave one of them out');
        const { specFrom } = await import('../served-spec.js');
        process.exitCode = await evalDurably(() => specFrom(options), options, null);
        return;
      }
      // The latest run may be anybody's: only one that is named is looked up for what was typed.
      if (run === undefined) refuseServedOptions(command, OF_RUNS);
      const dir = resolve(options.data);
      if (!dir.endsWith('.jsonl')) await (await import('../folders.js')).refuseNoWorld(dir);
      const { findTrained } = await import('../trained.js');
      const choice = { run: run ?? null, stage: options.stage ?? null };
      const { policy, spec } = await findTrained(command, choice, options, OF_RUNS);
      if (spec !== null) {
        err(`Asking the policy of ${policy.run} after ${policy.stage} the questions of ${options.data} …`);
        process.exitCode = await evalDurably(() => Promise.resolve(spec), options, policy);
        return;
      }
      if (dir.endsWith('.jsonl')) await (await import('../folders.js')).refuseNoWorld(dir);
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { evaluatePolicy } = await import('../../infra/client/policies.js');
      const { rowLine } = await import('../rows.js');
      await withSession(openHome(), async (session) => {
        err(`Asking the policy of ${policy.run} after ${policy.stage} the questions of ${dir} …`);
        const row = await evaluatePolicy(session, policy, dir);
        if (options.json === true) json({ run: policy.run, data: dir, ...row });
        else out(rowLine(row));
      });
    });
}

/** Options of durable runs, which an embedded policy's evaluation is not. */
const OF_RUNS = ['--limit', '--max-failed', '--name', '--out', '--html'];

/** Of a run's name, at most 64 characters: whose policy, and the digest of the questions. */
const MOST_OF_NAME = 55;

/**
 * Asks in a durable run.
 * @param specOf called once the questions are known to be good
 */
async function evalDurably(
  specOf: () => Promise<AnswerSpec>,
  options: Options,
  policy: TrainedPolicy | null,
): Promise<number> {
  const { readQuestionFile } = await import('../../infra/client/question-files.js');
  const { answersName } = await import('../../infra/client/answers-name.js');
  const { answerQuestions } = await import('../answer-questions.js');
  const { file, questions, stem, digest } = await readQuestionFile(options.data, options.limit);
  const bare = questions.filter(({ answers }) => answers.length === 0).length;
  if (bare > 0)
    throw new UserError(
      `${file}: ${bare} questions have no answers to grade by`,
      'ask them with: ruminate ask --batch',
    );
  const spec = await specOf();
  const ownName =
    policy === null
      ? answersName({ stem: `eval-${stem}`, digest }, spec.engine)
      : `${`eval-${policy.run}-${policy.stage}`.replaceAll(/[^\w.-]/g, '-').slice(0, MOST_OF_NAME)}-${digest}`;
  const name = options.name ?? ownName;
  return answerQuestions(
    questions,
    spec,
    { ...options, name },
    `ruminate eval --data ${options.data} --name ${name} …`,
  );
}
