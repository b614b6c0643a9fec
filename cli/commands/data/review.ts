import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../../exit.js';
import { err, examples, json, out } from '../../say.js';
import type { Review } from '../../../infra/review/routes.js';

interface Options {
  readonly port?: number;
  readonly serve: boolean;
  readonly out?: string;
  readonly decisions?: string;
  readonly by?: string;
  readonly only: 'undecided' | 'rejected' | 'all';
  readonly json?: boolean;
}

export function reviewCommand(): Command {
  return new Command('review')
    .summary('accept, reject or mend trajectories by hand')
    .description(
      'Opens a page on which a person accepts, rejects or mends trajectories with the keyboard, and writes each decision to\n' +
        'decisions.jsonl at once. The page is served on this machine only, until Ctrl-C.',
    )
    .argument('<dir>', 'a data folder with trajectories.jsonl, and rejected.jsonl where there is one')
    .option('--port <port>', 'serve on this port (default: any that is free)', portFrom)
    .option(
      '--no-serve',
      'write one page that holds its pictures and needs no server; decisions are downloaded from it',
    )
    .option('--out <file>', 'where that page is written (default: DIR/review.html)')
    .option('--decisions <file>', 'where decisions are (default: DIR/decisions.jsonl)')
    .option('--by <name>', 'who decides (default: the user of this machine)')
    .addOption(
      new Option('--only <which>', 'which trajectories; rejected: by quality control or by a person')
        .choices(['undecided', 'rejected', 'all'])
        .default('all'),
    )
    .option(
      '--json',
      'answer with {url, port, items, decisions, problems}, or {page, …} of --no-serve, as JSON',
    )
    .addHelpText(
      'after',
      examples(
        'ruminate data review data/curated',
        'ruminate data review data/curated --only rejected --by ada',
        'ruminate data review data/curated --no-serve --out review.html',
      ),
    )
    .action(async (dir: string, options: Options) => {
      const { openReview } = await import('../../../infra/review/open.js');
      const review = await openReview(dir, options);
      const { folder, decisions } = review;
      for (const problem of [...folder.problems, ...decisions.problems]) err(problem);
      if (folder.withoutTrajectory > 0)
        err(`${folder.withoutTrajectory} rejected before there was a trajectory: nothing to look at`);
      const stop = new AbortController();
      const onSignal = (): void => stop.abort();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
      try {
        await (options.serve ? served(review, options, stop.signal) : written(review, options, stop.signal));
      } finally {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
      }
    });
}

async function served(
  review: Review,
  { port = 0, json: asJson }: Options,
  signal: AbortSignal,
): Promise<void> {
  const { serveReview } = await import('../../../infra/review/server.js');
  const { tallyOf } = await import('../../../infra/review/open.js');
  const { folder, decisions } = review;
  const server = await serveReview(review, {
    port,
    onError: (error) => err(`ruminate: ${error instanceof Error ? error.message : String(error)}`),
  });
  const { url } = server;
  if (asJson === true)
    json({
      url,
      port: server.port,
      items: folder.items.length,
      decisions: decisions.path,
      problems: [...folder.problems, ...decisions.problems],
    });
  else {
    out(url);
    err(
      `Open it in a browser: ${folder.items.length} trajectories. Ctrl-C ends; what is decided is in ${decisions.path}.`,
    );
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.close();
  const { items, accepted, rejected, mended } = tallyOf(review);
  err(
    `${accepted + rejected + mended} of ${items} decided: ${accepted} accepted, ${rejected} rejected, ${mended} mended.`,
  );
  process.exitCode = EXIT.interrupted;
}

async function written(review: Review, options: Options, signal: AbortSignal): Promise<void> {
  const { alonePage } = await import('../../../infra/review/alone.js');
  const { progressLine } = await import('../../progress.js');
  const { keepFile } = await import('../../pages.js');
  const { folder, decisions } = review;
  const progress = progressLine('embedding pictures');
  try {
    const { html, embedded, withoutRoom, problems } = await alonePage(review, {
      signal,
      onProgress: progress.show,
    });
    progress.end();
    const page = await keepFile(options.out ?? `${folder.dir}/review.html`, Buffer.from(html));
    for (const problem of problems) err(problem);
    if (withoutRoom > 0)
      err(
        `${withoutRoom} of ${folder.items.length} trajectories are in the page without pictures: it is full.`,
      );
    const all = [...folder.problems, ...decisions.problems, ...problems];
    if (options.json === true)
      json({
        page,
        items: folder.items.length,
        embedded,
        withoutRoom,
        decisions: decisions.path,
        problems: all,
      });
    else out(page);
  } catch (error) {
    progress.end();
    if (!signal.aborted) throw error;
    err('Stopped; nothing was written.');
    process.exitCode = EXIT.interrupted;
  }
}

function portFrom(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('expected a port from 1 to 65535.');
}
