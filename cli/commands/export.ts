import { Command } from 'commander';
import type { TrainedPolicy } from '../../infra/client/policies.js';
import type { Session } from '../../infra/client/session.js';
import type { Home } from '../../infra/home/home.js';
import { interruptible } from '../interruptible.js';
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
      'Writes a policy to a folder with its weights, configuration and a model card; or, where --out ends in ' +
        '.safetensors, its weights alone to that file. A curriculum of the embedded engine may start from either ' +
        '(policy.base). The folder of a policy that the torch engine trained is one of PEFT (a LoRA) or of ' +
        'transformers (a full model), for vLLM and the like; its card says how to serve it.',
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
      const { findPolicy } = await import('../../infra/client/policies.js');
      const home = openHome();
      await withSession(home, async (session) => {
        const policy = await findPolicy(session, { run: run ?? null, stage: options.stage ?? null });
        const written = await write(home, session, policy, options.out);
        if (written === null) return;
        const { folder, file } = written;
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

interface Written {
  /** Null where the weights alone were written. */
  readonly folder: string | null;
  /** With the weights. */
  readonly file: string;
}

/** Null where it was interrupted. */
async function write(
  home: Home,
  session: Session,
  found: TrainedPolicy,
  place: string,
): Promise<Written | null> {
  const { policyOrigin, policyWeights } = await import('../../infra/client/policies.js');
  if (place.endsWith('.safetensors')) {
    const { keepFile } = await import('../pages.js');
    return { folder: null, file: await keepFile(place, await policyWeights(session, found)) };
  }
  const origin = await policyOrigin(session, found);
  const { policy, checkpoint } = found;
  if (policy.engine !== 'torch') {
    const { policyWeightsIn, writePolicyFolder } = await import('../../infra/client/policy-folder.js');
    const folder = await writePolicyFolder(place, await policyWeights(session, found), origin);
    return { folder, file: policyWeightsIn(folder) };
  }
  const { logFile } = await import('../../infra/home/home.js');
  const { writeTorchFolder } = await import('../../infra/client/torch-folder.js');
  const weights = (): Promise<Uint8Array> => policyWeights(session, found);
  const log = logFile(home, 'export-torch');
  return interruptible('exporting', 'Stopped: nothing was written.', (given) =>
    writeTorchFolder(place, { origin, policy, checkpoint, weights }, { logFile: log, ...given }),
  );
}
