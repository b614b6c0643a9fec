import { Command } from 'commander';
import { EXIT } from '../exit.js';
import { err, examples, json, out } from '../say.js';
import { countingNumber, wholeNumber } from '../values.js';

interface Options {
  readonly stage?: string;
  readonly from?: string;
  readonly host: string;
  readonly port: number;
  readonly tokenEnv?: string;
  readonly threads: number;
  readonly json?: boolean;
}

export function serveCommand(): Command {
  return new Command('serve')
    .summary("put a policy behind OpenAI's chat API")
    .description(
      'Answers /v1/chat/completions, /v1/models and /health with an embedded policy, until Ctrl-C, which lets what has\n' +
        'begun be answered. With --from no service needs to run. docs/serve.md says what a conversation looks like.',
    )
    .argument('[run]', 'whose policy (default: the latest run that has one)')
    .option('--stage <stage>', 'the policy after that stage (default: the last)')
    .option('--from <folder>', 'a folder of ruminate export, in place of a run')
    .option('--host <host>', 'where to listen; beyond this machine only with a token', '127.0.0.1')
    .option('--port <port>', 'where to listen; 0 takes a free port', wholeNumber, 8000)
    .option('--token-env <name>', 'environment variable that holds the token which requests must bring')
    .option('--threads <n>', 'threads of the engine, 1 to 8', countingNumber, 2)
    .option('--json', 'say {url, model, sha256, …} as JSON once it listens')
    .addHelpText(
      'after',
      examples(
        'ruminate serve mini',
        'ruminate serve --from policies/mini --port 8080',
        'RUMINATE_TOKEN=$(openssl rand -hex 24) ruminate serve --host 0.0.0.0 --token-env RUMINATE_TOKEN',
      ),
    )
    .action(async (run: string | undefined, options: Options) => {
      process.exitCode = await serve(run ?? null, options);
    });
}

async function serve(run: string | null, options: Options): Promise<number> {
  const { UserError } = await import('../../domain/failures.js');
  if (options.from !== undefined && (run !== null || options.stage !== undefined))
    throw new UserError('expected either a run (and --stage) or --from FOLDER, got both', 'leave one out');
  if (options.threads > 8) throw new UserError(`--threads: expected at most 8, got ${options.threads}`);
  if (options.port > 65_535) throw new UserError(`--port: expected at most 65535, got ${options.port}`);
  const { refuseOpenHost, tokenFrom } = await import('../../infra/serve/access.js');
  const { host, port, threads } = options;
  const token = options.tokenEnv === undefined ? null : tokenFrom(options.tokenEnv, process.env);
  // Told before any weights are read.
  refuseOpenHost(host, token);

  const { servePolicy } = await import('../../infra/serve/server.js');
  const policy = await open(run, options);
  const server = await servePolicy(policy, {
    host,
    port,
    token,
    onRequest: ({ method, path, status, ms }) => {
      err(`${method} ${path} ${status} ${ms.toFixed(0)} ms`);
    },
  });
  const baseUrl = `${server.url}/v1`;
  if (options.json === true)
    json({
      url: baseUrl,
      model: policy.id,
      sha256: policy.sha256,
      maxLooks: policy.maxLooks,
      token: token !== null,
      threads,
    });
  else out(`${baseUrl} answers as model "${policy.id}"${token === null ? '' : ', to those with the token'}`);
  err('Ctrl-C ends it');
  const signal = await interrupted();
  err('ending: what has begun is answered first; Ctrl-C again does not wait');
  await server.close();
  return signal === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
}

async function open(run: string | null, { stage, from, threads }: Options) {
  const { policyFromFolder, policyFromRun } = await import('../../infra/client/served-policy.js');
  if (from !== undefined) return policyFromFolder(from, threads);
  const { openHome } = await import('../../infra/home/home.js');
  const { withSession } = await import('../../infra/client/session.js');
  const { findPolicy } = await import('../../infra/client/policies.js');
  return withSession(openHome(), async (session) =>
    policyFromRun(
      session,
      await findPolicy(session, { run, stage: stage ?? null }, ({ engine }) => engine !== 'torch'),
      threads,
    ),
  );
}

/** The first signal to end; the next ends the process at once, as it does by default. */
function interrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}
