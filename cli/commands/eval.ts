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
        'With --engine openai, a model behind a server is asked: M4-ViteVQA accuracy with its interval, and ANLS.',
    )
    .argument('[run]', 'whose policy (default: the latest run that has one)')
    .requiredOption('--data <dir>', 'a folder such as ruminate data writes')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--limit <n>', 'with --engine: the first so many questions', countingNumber)
    .option(
      '--max-failed <share>',
      'with --engine: stop when more than this share could not be asked, from the fifth on',
      share,
      0.2,
    )
    .option('--name <name>', 'with --engine: a name for the run; the same name goes on where it stopped')
    .option('--out <file>', 'with --engine: the answers with their trajectories, as JSONL')
    .option('--html <file>', 'with --engine: what was looked at and why, as a page')
    .option('--json', 'the row as JSON, stable for scripts');
  return addServedOptions(command)
    .addHelpText(
      'after',
      examples(
        'ruminate eval --data worlds/new',
        'ruminate eval --engine openai --base-url http://127.0.0.1:8000/v1 --data m4-vitevqa/test --out answers.jsonl',
        'ruminate eval mini --stage DRP-SFT --data worlds/new --json',
      ),
    )
    .action(async (run: string | undefined, options: Options) => {
      if (isServed(options)) {
        refuseTrainedOptions(command, ['--stage']);
        process.exitCode = await evalServed(run, options);
        return;
      }
      refuseServedOptions(command, ['--limit', '--max-failed', '--name', '--out', '--html']);
      const { refuseNoWorld } = await import('../folders.js');
      const dir = resolve(options.data);
      await refuseNoWorld(dir);
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { evaluatePolicy, findPolicy } = await import('../../infra/client/policies.js');
      const { rowLine } = await import('../rows.js');
      await withSession(openHome(), async (session) => {
        const policy = await findPolicy(session, { run: run ?? null, stage: options.stage ?? null });
        err(`Asking the policy of ${policy.run} after ${policy.stage} the questions of ${dir} …`);
        const row = await evaluatePolicy(session, policy, dir);
        if (options.json === true) json({ run: policy.run, data: dir, ...row });
        else out(rowLine(row));
      });
    });
}

/** Asks a model behind a server. */
async function evalServed(run: string | undefined, options: Options): Promise<number> {
  if (run !== undefined)
    throw new UserError(`--engine asks a served model, not the run "${run}"`, 'leave one of them out');
  const { readQuestionFile } = await import('../../infra/client/question-files.js');
  const { answerQuestions } = await import('../answer-questions.js');
  const { file, questions, name: ownName } = await readQuestionFile(options.data, options.limit);
  const bare = questions.filter(({ answers }) => answers.length === 0).length;
  if (bare > 0)
    throw new UserError(
      `${file}: ${bare} questions have no answers to grade by`,
      'ask them with: ruminate ask --batch',
    );
  const name = options.name ?? `eval-${ownName}`.slice(0, 64);
  return answerQuestions(
    questions,
    { ...options, name },
    `ruminate eval --data ${options.data} --name ${name} …`,
  );
}
