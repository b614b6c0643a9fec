import type { RunStatus } from '../infra/client/status.js';
import { duration, shownMetrics } from './format.js';
import { progressLines, statusLines, troubleLines } from './status-view.js';

/** Shows a run's statuses as they come. */
export interface View {
  show(status: RunStatus): void;
  /** A line that stays. */
  say(line: string): void;
}

/** A table that is drawn over itself on a terminal; plain lines elsewhere. */
export function viewFor(stream: NodeJS.WriteStream): View {
  return stream.isTTY ? terminalView(stream) : plainView(stream);
}

function terminalView(stream: NodeJS.WriteStream): View {
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  return {
    show(status) {
      clear();
      const lines = statusLines(status, Date.now()).map((line) => cut(line, stream.columns));
      stream.write(lines.map((line) => `${line}\n`).join(''));
      drawn = lines.length;
    },
    say(line) {
      clear();
      stream.write(`${line}\n`);
    },
  };
}

/** How long plain lines may be silent. */
const SILENCE_MS = 30_000;
/** Plain lines that a stage's steps make. */
const PARTS = 10;

/** A line when something changes: the activity, a stage, a tenth of a stage; else one every half minute. */
function plainView(stream: NodeJS.WriteStream): View {
  let last = '';
  let lastMs = 0;
  return {
    show(status) {
      const key = keyOf(status);
      if (key === last && Date.now() - lastMs < SILENCE_MS) return;
      last = key;
      lastMs = Date.now();
      stream.write(`${new Date().toISOString().slice(11, 19)} ${plainLine(status)}\n`);
    },
    say(line) {
      stream.write(`${line}\n`);
    },
  };
}

function keyOf(status: RunStatus): string {
  const stages = status.stages.map(({ state, step, steps }) => [state, Math.floor((PARTS * step) / steps)]);
  const troubles = status.work.flatMap(({ activity, failure }) =>
    failure === null ? [] : [[activity, failure]],
  );
  return JSON.stringify([status.state, status.activity, status.reason, stages, troubles]);
}

function plainLine(status: RunStatus): string {
  const { state, activity, reason } = status;
  const running = status.stages.find((stage) => stage.state === 'running');
  const where = running === undefined ? '' : ` · step ${running.step} of ${running.steps}`;
  const metrics = running === undefined ? '' : shownMetrics(running);
  const numbers = metrics === '' ? '' : ` · ${metrics}`;
  const left =
    running === undefined || running.secondsLeft === null ? '' : ` · ${duration(running.secondsLeft)} left`;
  const what = state === 'running' ? activity : state;
  const more = [
    ...progressLines(status, Date.now()),
    ...troubleLines(status),
    ...(reason === null ? [] : [reason]),
  ];
  return [`${status.run}: ${what}${where}${numbers}${left}`, ...more].join(' · ');
}

/** A line that wrapped would spoil the count of lines to draw over; colours take no room. */
function cut(line: string, width: number): string {
  let seen = 0;
  let at = 0;
  for (const part of line.split(ESCAPES)) {
    const escape = part.startsWith('\u001b');
    if (!escape && seen + part.length >= width) return `${line.slice(0, at + width - seen - 1)}…\u001b[0m`;
    if (!escape) seen += part.length;
    at += part.length;
  }
  return line;
}

// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const ESCAPES = /(\u001b\[[0-9;]*m)/;
