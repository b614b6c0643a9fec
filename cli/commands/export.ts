import { Command } from 'commander';
import { examples, json, out } from '../say.js';

interface Options {
  readonly out: string;
  readonly stage?: string;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .summary('write a policy to a folder, or its weights to a file')
    .description(
      'Writes a policy to a folder with model.safetensors, config.json and a model card; or, where --out ends in ' +
        '.safetensors, its weights alone to that file. A curriculum may start from either (policy.base).',
    )
    .argument('[run]', 'whose policy (default: the latest run that has one)')
    .requiredOption('--out <place>', 'the folder, or the file if it ends in .safetensors')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--json', 'answer with {folder, file, sha256, …} as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate export mini --out policies/mini',
        'ruminate export base --out configs/base/policy.safetensors',
      ),
    )
    .action(async (run: string | undefined, options: Options) => {
      const { openHome } = await import('../../infra/home/home.js');
      const { withSession } = await import('../../infra/client/session.js');
      const { findPolicy, policyOrigin, policyWeights } = await import('../../infra/client/policies.js');
      const { policyWeightsIn, writePolicyFolder } = await import('../../infra/client/policy-folder.js');
      const { keepFile } = await import('../pages.js');
      await withSession(openHome(), async (session) => {
        const policy = await findPolicy(session, { run: run ?? null, stage: options.stage ?? null });
        const weights = await policyWeights(session, policy);
        const folder = options.out.endsWith('.safetensors')
          ? null
          : await writePolicyFolder(options.out, weights, await policyOrigin(session, policy));
        const file = folder === null ? await keepFile(options.out, weights) : policyWeightsIn(folder);
        const { sha256, bytes } = policy.checkpoint.weights;
        if (options.json === true)
          json({ run: policy.run, stage: policy.stage, folder, file, sha256, bytes });
        else
          out(
            `${folder ?? file}: the policy of ${policy.run} after ${policy.stage}, ${bytes} bytes, sha256 ${sha256}`,
          );
      });
    });
}
