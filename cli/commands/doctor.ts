import { Command } from 'commander';
import pc from 'picocolors';
import { EXIT } from '../exit.js';
import { columns } from '../format.js';
import { examples, json, out } from '../say.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('what is here, and what is missing')
    .description(
      'Looks at everything that Ruminate stands on: what was found, which version, and what to type where something is missing.',
    )
    .option('--json', 'as a JSON list of {what, found, version, ok, todo}')
    .addHelpText('after', examples('ruminate doctor'))
    .action(async (options: { json?: boolean }) => {
      const { doctor } = await import('../../infra/setup/doctor.js');
      const found = await doctor();
      if (options.json === true) json(found);
      else {
        const rows = found.map(({ what, version, found: where, ok }) => [
          ok ? '✓' : '✗',
          what,
          version,
          where,
        ]);
        columns(rows).forEach((line, i) => {
          out(found[i]?.ok === true ? line : pc.red(line));
          const todo = found[i]?.todo;
          if (todo !== undefined) for (const step of todo.split('\n')) out(`    → ${step}`);
        });
      }
      if (found.some(({ ok }) => !ok)) process.exitCode = EXIT.failure;
    });
}
