import { resolve } from 'node:path';
import { Command } from 'commander';
import { err, examples, json, out } from '../say.js';

interface Options {
  readonly data: string;
  readonly stage?: string;
  readonly json?: boolean;
}

export function evalCommand(): Command {
  return new Command('eval')
    .summary('ask a policy every question of a world folder')
    .description('Asks a policy every question of a world folder, greedily, and counts what it answers.')
    .argument('[run]', 'whose policy (default: the latest run that has one)')
    .requiredOption('--data <dir>', 'a world folder, such as ruminate data world writes')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--json', 'the row as JSON, stable for scripts')
    .addHelpText(
      'after',
      examples(
        'ruminate eval --data worlds/new',
        'ruminate eval mini --stage DRP-SFT --data worlds/new --json',
      ),
    )
    .action(async (run: string | undefined, options: Options) => {
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
