// What `npm test` runs before the tests: each check is one line; all run, whatever failed before.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runQuietly, say, seconds } from './say.mjs';

/** @typedef {{ name: string, ok: boolean, output: string, ms: number }} Check */

/**
 * @param {string} root
 * @returns {Promise<Check[]>}
 */
export async function runChecks(root) {
  const bin = (/** @type {string[]} */ ...parts) => join(root, 'node_modules', ...parts);
  /** @type {[string, string[]][]} */
  const commands = [
    ['types of the tests', [bin('typescript', 'bin', 'tsc'), '-p', 'tests/tsconfig.json']],
    [
      'lint',
      [bin('eslint', 'bin', 'eslint.js'), '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
    ],
    ['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']],
    ['dead code', [bin('knip', 'bin', 'knip.js'), '--no-progress']],
  ];
  const checks = [];
  for (const [name, args] of commands) {
    const { code, output, ms } = await runQuietly(name, process.execPath, args, { cwd: root });
    checks.push(report({ name, ok: code === 0, output, ms }));
  }
  return checks;
}

/**
 * Says how a check went, and what it found.
 * @param {Check} check
 */
export function report(check) {
  say(`${check.ok ? '✓' : '✗'} ${check.name} (${seconds(check.ms)})`);
  if (!check.ok) console.log(check.output.trimEnd());
  return check;
}

/**
 * The tests, shown as they run; counted from vitest's own JSON.
 * @param {string} root
 * @param {readonly string[]} args  what to run; everything if empty
 * @returns {Promise<{ passed: number, failed: number, ok: boolean, names: string[] }>}
 */
export async function runTests(root, args) {
  const file = join(root, 'dist', 'test-results.json');
  await mkdir(join(root, 'dist'), { recursive: true });
  await rm(file, { force: true });
  const { code } = await runQuietly(
    'tests',
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...args,
    ],
    { cwd: root, show: true },
  );
  const counted = existsSync(file)
    ? count(root, JSON.parse(await readFile(file, 'utf8')))
    : { passed: 0, failed: 0, names: [] };
  // A runner that fails without a failed test (a file that does not load, an unhandled rejection) is a failure too.
  if (code !== 0 && counted.failed === 0) {
    counted.failed = 1;
    counted.names.push(`the test runner ended with exit code ${code}`);
  }
  return { ...counted, ok: code === 0 && counted.passed > 0 };
}

/**
 * @typedef {{ fullName: string, status: string }} TestResult
 * @typedef {{ name: string, status: string, message?: string, assertionResults: TestResult[] }} FileResult
 * @param {string} root
 * @param {{ testResults: FileResult[] }} results
 */
export function count(root, results) {
  let passed = 0;
  let failed = 0;
  /** @type {string[]} */
  const names = [];
  for (const file of results.testResults) {
    const path = relative(root, file.name);
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      if (test.status !== 'failed') continue;
      failed += 1;
      names.push(`${path} > ${test.fullName}`);
    }
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      failed += 1;
      names.push(`${path} (the file itself)`);
    }
  }
  return { passed, failed, names };
}

/**
 * The last words of `npm test`: everything that failed, then the two counts; each check counts as one.
 * @param {string} root
 * @param {readonly Check[]} checks
 * @param {{ passed: number, failed: number, names: readonly string[] }} tests
 */
export async function summarize(root, checks, tests) {
  const bad = checks.filter((check) => !check.ok);
  for (const name of [...bad.map((check) => `check: ${check.name}`), ...tests.names])
    console.log(`failed: ${name}`);
  const line = `${tests.passed + checks.length - bad.length} passed, ${tests.failed + bad.length} failed`;
  await writeFile(join(root, 'dist', 'test-summary.txt'), `${line}\n`);
  console.log(line);
  return bad.length + tests.failed === 0;
}
