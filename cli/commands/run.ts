import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Curriculum } from '../../domain/curriculum.js';
import { EXIT } from '../exit.js';
import { err, examples, json, out } from '../say.js';
import { wholeNumber } from '../values.js';

interface Options {
  readonly name?: string;
  readonly seed?: number;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly acceptChanges?: boolean;
  readonly dryRun?: boolean;
}

export function runCommand(): Command {
  return new Command('run')
    .summary('start a curriculum, or attach to it')
    .description(
      'Starts a curriculum as a durable run. Brings the services up where they are down. The same name attaches to the run that goes on,\n' +
        'shows the one that is complete, and takes up again one that failed or was cancelled. One that is paused, because\n' +
        'memory ran out, goes on with --accept-changes: with lower settings in the file, or as it is where memory was freed.',
    )
    .argument('<file>', 'a curriculum file')
    .option('--name <name>', "the run's name (default: the curriculum's)")
    .option('--seed <seed>', "another seed than the file's", wholeNumber)
    .option('--watch', 'stay and show how it goes; Ctrl-C stops the watching, not the run')
    .option(
      '--accept-changes',
      'go on although versions of what shapes the bytes have changed, or what a machine has room for',
    )
    .option('--dry-run', 'show what the run would do, need and leave; nothing is started or written')
    .option(
      '--json',
      'answer with {run, started, state, reason, temporalUi} as JSON; with --dry-run, the plan',
    )
    .addHelpText(
      'after',
      examples(
        'ruminate run configs/mini.yaml --watch',
        'ruminate run configs/tiny.yaml --name second --seed 8',
        'ruminate run configs/video-r4.yaml --dry-run',
      ),
    )
    .action(async (file: string, options: Options) => {
      process.exitCode = await run(file, options);
    });
}

async function run(file: string, options: Options): Promise<number> {
  // The whole file is judged before anything starts.
  const { loadCurriculum } = await import('../../configs/load.js');
  const loaded = await loadCurriculum(file);
  const curriculum = options.seed === undefined ? loaded : { ...loaded, seed: options.seed };
  const name = options.name ?? curriculum.name;

  if (options.dryRun === true) return dryRun(name, file, curriculum, options.json === true);

  const { refuseAbsentDevice } = await import('../../infra/client/device.js');
  await refuseAbsentDevice(curriculum);

  const { surveyFolders } = await import('../../infra/client/data-folders.js');
  const { folderProgress, leftOutLines } = await import('../data-folders.js');
  const progress = folderProgress();
  const folders = await surveyFolders(curriculum, progress.onProgress).finally(progress.end);
  leftOutLines(folders).forEach(err);

  const { openHome } = await import('../../infra/home/home.js');
  const { up } = await import('../../infra/services/up.js');
  const { withSession, runPage } = await import('../../infra/client/session.js');
  const { startRun } = await import('../../infra/client/runs.js');
  const { runStatus } = await import('../../infra/client/status.js');
  const { follow, ended } = await import('../follow.js');
  const home = openHome();
  await up({ home, onProgress: err });
  return withSession(home, async (session) => {
    const acceptChanges = options.acceptChanges === true;
    const again = againCommand(file, name, options);
    const started = await startRun(session, { name, file, curriculum, acceptChanges, again });
    const temporalUi = runPage(session, name);
    if (options.json === true && options.watch !== true) {
      const { state, reason } = await runStatus(session, name);
      json({ run: name, started, state, reason, temporalUi });
      return started === 'paused' ? EXIT.waiting : EXIT.ok;
    }
    err(SAID[started](name));
    err(`Temporal UI: ${temporalUi}`);
    if (started === 'complete' || started === 'paused')
      return ended(session, home, await runStatus(session, name));
    if (options.watch === true) return follow(session, home, name);
    out(name);
    err(`Watch it: ruminate watch ${name}`);
    return EXIT.ok;
  });
}

/** Typed anywhere, it means the same run. */
function againCommand(file: string, name: string, { seed }: Options): string {
  const path = resolve(file);
  const quoted = /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return `ruminate run ${quoted} --name ${name}${seed === undefined ? '' : ` --seed ${seed}`}`;
}

async function dryRun(name: string, file: string, curriculum: Curriculum, asJson: boolean): Promise<number> {
  const { planRun } = await import('../../infra/client/plan.js');
  const { homeFolder } = await import('../../infra/home/home.js');
  const { folderProgress } = await import('../data-folders.js');
  const { planText } = await import('../plan-view.js');
  const progress = folderProgress();
  const home = homeFolder(process.env, process.cwd());
  const plan = await planRun({ name, file, curriculum, home, onProgress: progress.onProgress }).finally(
    progress.end,
  );
  if (asJson) json(plan);
  else out(planText(plan, process.stdout.columns));
  return EXIT.ok;
}

const SAID = {
  started: (name: string) => `The run "${name}" has started.`,
  resumed: (name: string) => `The run "${name}" is taken up again; what it had committed is not done twice.`,
  paused: (name: string) => `The run "${name}" is paused.`,
  attached: (name: string) => `The run "${name}" is going on already.`,
  complete: (name: string) => `The run "${name}" is complete; give a new one another name with --name.`,
};
