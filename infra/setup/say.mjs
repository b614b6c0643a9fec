// How set-up talks: one line for each thing that took time, with the time it took; nothing where nothing was done.
import { spawn } from 'node:child_process';

const REMINDER_MS = 15_000;

/**
 * Runs a command quietly, with a reminder line while it lasts; its last lines come back for the case of failure.
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, show?: boolean }} options
 * @returns {Promise<{ code: number, output: string, timedOut: boolean, ms: number }>}
 */
export async function runQuietly(title, command, args, options) {
  const started = Date.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-60_000);
    });
  }
  let timedOut = false;
  const timer = options.timeoutMs
    ? setTimeout(() => {
        timedOut = true;
        child.kill('SIGKILL');
      }, options.timeoutMs)
    : undefined;
  const reminder = options.show
    ? undefined
    : setInterval(() => say(`${title}: still at it, ${elapsed(started)}`), REMINDER_MS);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += `${command}: ${error.message}\n`;
      resolve(127);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  clearTimeout(timer);
  clearInterval(reminder);
  return { code, output, timedOut, ms: Date.now() - started };
}

/** @param {string} line */
export function say(line) {
  console.log(`ruminate · ${line}`);
}

/** @param {number} sinceMs */
export function elapsed(sinceMs) {
  return seconds(Date.now() - sinceMs);
}

/** @param {number} ms */
export function seconds(ms) {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** A failure that a person can act on: its message is printed, without a stack. */
export class SetupError extends Error {}
