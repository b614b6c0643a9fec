import { resolve } from 'node:path';
import { Command } from 'commander';
import { err, examples, json, out } from '../say.js';

interface Options {
  readonly run?: string;
  readonly stage?: string;
  readonly json?: boolean;
}

export function askCommand(): Command {
  return new Command('ask')
    .summary('let a policy look at a video and answer')
    .description('Lets the latest policy look at a video: prints each look, and the answer.')
    .argument('<video>', 'a video file')
    .argument('<question>', 'in the words of the small world')
    .option('--run <run>', 'whose policy (default: the latest run that has one)')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--json', 'answer with {answer, looks} as JSON')
    .addHelpText('after', examples('ruminate ask world/videos/000003.mp4 "What can you read on the sign?"'))
    .action(async (video: string, question: string, options: Options) => {
      const { refuseNoFile } = await import('../folders.js');
      const file = resolve(video);
      await refuseNoFile(file);
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { askPolicy, findPolicy } = await import('../../infra/client/policies.js');
      const { describeTurns } = await import('../turns.js');
      await withSession(openHome(), async (session) => {
        const policy = await findPolicy(session, { run: options.run ?? null, stage: options.stage ?? null });
        err(`The policy of ${policy.run} after ${policy.stage} looks …`);
        const { rollout } = await askPolicy(session, policy, file, question);
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
          });
          return;
        }
        for (const line of describeTurns(rollout)) out(line);
      });
    });
}
