import { Command } from 'commander';
import { examples, json, out } from '../say.js';

interface Options {
  readonly out: string;
  readonly stage?: string;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .summary("write a policy's weights to a safetensors file")
    .description(
      "Writes a policy's weights to a safetensors file, which a curriculum may start from (policy.base).",
    )
    .argument('[run]', 'whose policy (default: the latest run that has one)')
    .requiredOption('--out <file>', 'the file')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--json', 'answer with {file, sha256} as JSON')
    .addHelpText('after', examples('ruminate export base --out configs/base/policy.safetensors'))
    .action(async (run: string | undefined, options: Options) => {
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { findPolicy, policyWeights } = await import('../../infra/client/policies.js');
      const { keepFile } = await import('../pages.js');
      await withSession(openHome(), async (session) => {
        const policy = await findPolicy(session, { run: run ?? null, stage: options.stage ?? null });
        const file = await keepFile(options.out, await policyWeights(session, policy));
        const { sha256, bytes } = policy.checkpoint.weights;
        if (options.json === true) json({ run: policy.run, stage: policy.stage, file, sha256, bytes });
        else
          out(`${file}: the policy of ${policy.run} after ${policy.stage}, ${bytes} bytes, sha256 ${sha256}`);
      });
    });
}
