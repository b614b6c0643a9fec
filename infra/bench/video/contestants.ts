import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiled } from '../../services/workers.js';
import { findOnPath, projectRoot } from '../../setup/paths.js';
import { Child } from '../child.js';
import type { Contestant } from '../turns.js';

const READY_WITHIN_MS = 120_000;

/** What starts the processes of one run, and ends them. */
export class Contestants {
  readonly #python: string | null;
  readonly #ffmpeg: string | null;
  readonly #pin: readonly string[];
  readonly #children = new Set<Child>();

  private constructor(python: string | null, ffmpeg: string | null, pin: readonly string[]) {
    this.#python = python;
    this.#ffmpeg = ffmpeg;
    this.#pin = pin;
  }

  /** @param python with PyAV and decord, or null; all processes run on the same `cores` cores where `taskset` is there */
  static async find(python: string | null, cores: number): Promise<Contestants> {
    const taskset = await findOnPath('taskset');
    const pin = taskset === null ? [] : [taskset, '-c', allowedCores().slice(0, cores).join(',')];
    return new Contestants(python, await findOnPath('ffmpeg'), pin);
  }

  /** False where this system cannot hold processes to some cores: then only the thread counts are equal. */
  get isPinned(): boolean {
    return this.#pin.length > 0;
  }

  /** Our default adapter. */
  ours(): Child {
    return this.#start('ours', process.execPath, [compiled('infra/bench/video/ours-main.js')], {
      FFMPEG_BIN: '',
    });
  }

  /** Our other adapter, over the ffmpeg on PATH; none where there is none. */
  oursByBinary(): Contestant | null {
    if (this.#ffmpeg === null) return null;
    const main = compiled('infra/bench/video/ours-main.js');
    const child = this.#start('ours by ffmpeg', process.execPath, [main], { FFMPEG_BIN: this.#ffmpeg });
    return { name: 'ours by ffmpeg', child, variant: null, apart: true, readyWithinMs: READY_WITHIN_MS };
  }

  /** Each opens the file for every run, or (named so) keeps it open from run to run. */
  rivals(): readonly Contestant[] {
    const python = this.#python;
    if (python === null) return [];
    return (['PyAV', 'decord'] as const).flatMap((name) => {
      const child = this.#start(name, python, ['-u', join(projectRoot(), 'infra/bench/video/rivals.py')], {});
      return [false, true].map((keep) => ({
        name: keep ? `${name}, kept open` : name,
        child,
        variant: JSON.stringify({ library: name.toLowerCase(), keep }),
        apart: false,
        readyWithinMs: READY_WITHIN_MS,
      }));
    });
  }

  end(child: Child): void {
    child.kill();
    this.#children.delete(child);
  }

  kill(): void {
    for (const child of this.#children) child.kill();
  }

  #start(name: string, command: string, args: readonly string[], env: object): Child {
    const [first = command, ...rest] = [...this.#pin, command, ...args];
    const child = new Child(name, first, rest, { ...process.env, ...env });
    this.#children.add(child);
    return child;
  }
}

/** By Linux' list such as `0-3,8`; empty elsewhere, where there is no taskset either. */
function allowedCores(): readonly number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
