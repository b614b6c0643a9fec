// The door of the repository: everything a fresh clone needs, then the command that was asked for.
//   start   set up, then run the main curriculum (what `npm start` does)
//   test    set up, then checks and tests
//   check   set up, then the checks alone
//   build   set up, nothing else
//   bench   set up, then the benchmark
//   bench-engine   the packages and compiled code alone, then the engine's benchmark against PyTorch
//   bench-video    the same for the video reader, against PyAV and decord
//   ruminate ARGS…   set up, then the command line
// Plain JavaScript without packages: it runs before there are any.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { report, runChecks, runTests, summarize } from './checks.mjs';
import { compile } from './compile.mjs';
import { ensurePackages } from './packages.mjs';
import { say, SetupError } from './say.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [task = '', ...args] = process.argv.slice(2);

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Error) || !(error instanceof SetupError || error.name === 'UserError')) throw error;
  const hint = 'hint' in error && error.hint ? `\n${error.hint}` : '';
  console.error(`\nruminate: ${error.message}${hint}`);
  process.exitCode = 2;
}

async function main() {
  checkNode();
  await ensurePackages(root);
  const compiled = await compile(root);
  if (task === 'test' || task === 'check') return check(compiled);
  if (!compiled.ok) throw new SetupError(`The sources do not compile:\n${compiled.output.trimEnd()}`);
  // It computes and nothing else: no servers, no ffmpeg.
  if (task === 'bench-engine') return hand('infra/bench/engine/main.js', args);
  if (task === 'bench-video') return hand('infra/bench/video/main.js', args);
  await prepare();
  switch (task) {
    case 'start':
      return hand('cli/main.js', ['run', 'configs/mini.yaml', '--watch', ...args]);
    case 'ruminate':
      return hand('cli/main.js', args);
    case 'bench':
      return hand('infra/bench/main.js', args);
    case 'build':
      return 0;
    default:
      throw new SetupError(
        `expected one of start, test, check, build, bench, bench-engine, bench-video, ruminate; got '${task}'`,
      );
  }
}

/** @param {{ ok: boolean, output: string, ms: number }} compiled */
async function check(compiled) {
  const checks = [report({ name: 'types', ...compiled })];
  if (task === 'test') {
    const started = Date.now();
    const output = await prepare().then(
      () => '',
      (/** @type {Error} */ error) => error.message,
    );
    checks.push(report({ name: 'servers and tools', ok: output === '', output, ms: Date.now() - started }));
  }
  checks.push(...(await runChecks(root)));
  const tests = task === 'test' ? await runTests(root, args) : { passed: 0, failed: 0, names: [], ok: true };
  const allWell = await summarize(root, checks, tests);
  return allWell && tests.ok ? 0 : 1;
}

/** The binaries, by compiled code: it is the same that `ruminate up` and `ruminate doctor` use. */
async function prepare() {
  const { prepareTools } = await import(
    pathToFileURL(join(root, 'dist', 'infra', 'setup', 'prepare.js')).href
  );
  await prepareTools({ onProgress: say });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 20)) return;
  throw new SetupError(
    `Node 20.20 or newer is needed, this is ${process.versions.node} (${process.execPath}). Install it from https://nodejs.org`,
  );
}

/**
 * Hands over to compiled code: its output, its exit code, and the signals that come.
 * @param {string} script  under dist/
 * @param {readonly string[]} parameters
 * @returns {Promise<number>}
 */
function hand(script, parameters) {
  const child = spawn(process.execPath, [join(root, 'dist', script), ...parameters], { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // A terminal sends Ctrl-C to the whole group, the child included; elsewhere it is passed on.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)));
  });
}
