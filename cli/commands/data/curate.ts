import { resolve } from 'node:path';
import { Command } from 'commander';
import type { followCuration } from '../../../infra/client/curation.js';
import { EXIT } from '../../exit.js';
import { err, examples, json, out as say } from '../../say.js';

interface Options {
  readonly out: string;
  readonly config?: string;
  readonly name?: string;
  readonly decisions?: string;
  readonly cancel?: boolean;
  readonly json?: boolean;
}

export function curateCommand(): Command {
  return new Command('curate')
    .summary('turn videos with questions into checked trajectories')
    .description(
      'Reads the text of the videos of a data folder, finds the answers in it, makes trajectories of looking, and keeps those that\n' +
        'can be executed and show the answer in their last look and nowhere before. Brings the services up where they are down.\n' +
        'Steps are kept by content: the same command goes on where it was, and new videos cost only themselves.\n' +
        'Ctrl-C ends the watching and not the curation, which --cancel stops.',
    )
    .argument('<dir>', 'a data folder: questions.jsonl, videos, and ocr/ where it brings read text')
    .requiredOption('--out <dir>', 'the folder to write')
    .option('--config <file>', 'settings, such as configs/curation.yaml (default: what stands there)')
    .option('--decisions <file>', "a person's decisions, as ruminate data review writes them")
    .option('--name <name>', "the curation's name (default: made of the folder's)")
    .option('--cancel', 'stop the curation that goes on under this name; what it has done is kept')
    .option('--json', 'answer with the report as JSON')
    .addHelpText(
      'after',
      examples(
        'ruminate data curate data/shop --out data/shop-curated',
        'ruminate data curate data/shop --out data/shop-curated --cancel',
        'ruminate data curate data/shop --out data/shop-curated --config configs/curation.yaml --json',
        'ruminate data curate data/shop --out data/shop-final --decisions decisions.jsonl',
      ),
    )
    .action(async (dir: string, options: Options) => {
      process.exitCode = await curate(resolve(dir), resolve(options.out), options);
    });
}

async function curate(dir: string, out: string, options: Options): Promise<number> {
  // All that a person can have mistaken is judged before anything starts.
  const { loadCuration, parseCuration } = await import('../../../configs/load-curation.js');
  const settings =
    options.config === undefined ? parseCuration('', 'the defaults') : await loadCuration(options.config);
  const { refuseNoData, refuseNoFolderFor } = await import('../../folders.js');
  await refuseNoData(dir);
  await refuseNoFolderFor(dir, out);
  const { openHome } = await import('../../../infra/home/home.js');
  const { up } = await import('../../../infra/services/up.js');
  const { withSession, runPage } = await import('../../../infra/client/session.js');
  const client = await import('../../../infra/client/curation.js');
  const name = options.name ?? client.curationName(out);
  const home = openHome();
  if (options.cancel === true) {
    const stopped = await withSession(home, (session) => client.cancelCuration(session, name));
    err(stopped ? `The curation "${name}" is stopping.` : `No curation "${name}" is going on.`);
    return stopped ? EXIT.ok : EXIT.usage;
  }
  await up({ home, onProgress: err });
  return withSession(home, async (session) => {
    const decisionsFile = options.decisions === undefined ? null : resolve(options.decisions);
    const started = await client.startCuration(session, { name, dir, out, decisionsFile, settings });
    err(`The curation "${name}" ${started === 'started' ? 'has started' : 'is going on already'}.`);
    err(`Temporal UI: ${runPage(session, name)}`);
    const finished = await follow((watching) => client.followCuration(session, name, watching));
    if (finished === 'stopped') {
      err(`The curation "${name}" was stopped; what it has done is kept, and the same command goes on.`);
      return EXIT.failure;
    }
    if (finished === 'left') {
      err('\nStopped watching; the curation goes on. The same command watches it again;');
      err(`  ruminate data curate … --name ${name} --cancel    stops it; what it has done is kept`);
      return EXIT.interrupted;
    }
    const { curationTable } = await import('../../curation-table.js');
    if (options.json === true) json({ name, out, ...finished.report });
    else say(`${curationTable(finished.report)}\n\n${out}`);
    return EXIT.ok;
  });
}

type Following = Parameters<typeof followCuration>[2];

/** Shows the line while `watch` looks; Ctrl-C ends the watching. */
async function follow<T>(watch: (following: Following) => Promise<T>): Promise<T> {
  const { curationLine } = await import('../../curation-table.js');
  const { statusLine } = await import('../../status-line.js');
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const line = statusLine();
  try {
    return await watch({ signal: stop.signal, onView: (view) => line.show(curationLine(view)) });
  } finally {
    line.end();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}
