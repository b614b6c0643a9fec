#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { askCommand } from './commands/ask.js';
import { cancelCommand } from './commands/cancel.js';
import { dataCommand } from './commands/data/data.js';
import { doctorCommand } from './commands/doctor.js';
import { downCommand } from './commands/down.js';
import { evalCommand } from './commands/eval.js';
import { exportCommand } from './commands/export.js';
import { listCommand } from './commands/list.js';
import { reportCommand } from './commands/report.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { statusCommand } from './commands/status.js';
import { toolCommand } from './commands/tool.js';
import { upCommand } from './commands/up.js';
import { watchCommand } from './commands/watch.js';
import { EXIT, explain } from './exit.js';
import { examples } from './say.js';

const program = new Command('ruminate')
  .description('Durable training, evaluation and use of visual rumination policies')
  .showHelpAfterError('(ruminate --help shows what there is)')
  .exitOverride()
  .addHelpText(
    'after',
    examples('ruminate run configs/mini.yaml --watch', 'ruminate report', 'ruminate down'),
  );

for (const command of [
  runCommand(),
  listCommand(),
  statusCommand(),
  watchCommand(),
  cancelCommand(),
  reportCommand(),
  evalCommand(),
  askCommand(),
  exportCommand(),
  serveCommand(),
  toolCommand(),
  dataCommand(),
  upCommand(),
  downCommand(),
  doctorCommand(),
])
  program.addCommand(inherit(command));

// `ruminate list | head` ends when head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else process.exitCode = explain(error);
}

/** Commander gives settings to commands that it makes itself, not to those it is given. */
function inherit(command: Command): Command {
  command.copyInheritedSettings(program);
  for (const child of command.commands) inherit(child);
  return command;
}
