import { linkSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../../domain/failures.js';
import type { Child } from '../child.js';
import { machine } from '../machine.js';
import { peakMemory } from '../peak-memory.js';
import { findPython, type Needed } from '../python.js';
import { fastest, pairedRatio, summarize } from '../samples.js';
import { takeTurns, type Contestant, type Turns, type TurnsOptions } from '../turns.js';
import { disagreement } from './agreement.js';
import { Contestants } from './contestants.js';
import type { CropTimes } from './crop.js';
import { measureCuration, type CurationSpeed } from './curation.js';
import { films, type Films } from './films.js';
import type { PeakMemory, VideoBench, VideoDuel } from './results.js';
import { scenarios, type Check, type Scenario } from './scenarios.js';

export const PARTS = ['random', 'overview', 'first', 'twoHours', 'crop', 'curation'] as const;
export type Part = (typeof PARTS)[number];

const RIVALS: Needed = {
  modules: 'av and decord',
  script: [
    'import json, platform, av, decord, numpy',
    'print(json.dumps({"python": platform.python_version(), "PyAV": av.__version__, "decord": decord.__version__, "numpy": numpy.__version__}))',
  ].join('; '),
};
const LIMIT = { timeoutMs: 180_000 } as const;
/** Names of the file in the part that opens each only once. */
const LINKS = 1024;
const MIB = 2 ** 20;

export interface VideoBenchOptions extends Pick<TurnsOptions, 'rounds' | 'threads' | 'clock' | 'onProgress'> {
  readonly parts: readonly Part[];
  /** Ends all child processes; the bench then rejects. */
  readonly signal: AbortSignal;
}

/** Our reader beside PyAV and decord on this machine, in turns, on the same files, frames and cores. */
export async function videoBench({ parts, signal, ...options }: VideoBenchOptions): Promise<VideoBench> {
  const at = new Date().toISOString();
  const on = machine();
  const python = await findPython(RIVALS);
  const reason = python.path === null ? python.reason : null;
  if (reason !== null) options.onProgress(`without rivals: ${reason}`);
  const made = await films({ signal, onProgress: options.onProgress });
  // Beside the film: a link cannot cross file systems.
  const scratch = mkdtempSync(join(dirname(made.tenMinutes), 'run-'));
  const all = await Contestants.find(python.path, options.threads);
  const kill = (): void => all.kill();
  signal.addEventListener('abort', kill);
  try {
    signal.throwIfAborted();
    const ours = all.ours();
    const other = all.oursByBinary();
    const against = [...(other === null ? [] : [other]), ...all.rivals()];
    const { version } = await ours.ask<{ version: string }>('who', {}, LIMIT);
    const binary = await other?.child.ask<{ version: string }>('who', {}, LIMIT);
    const duels = new Map<Scenario['name'], VideoDuel>();
    for (const scenario of scenarios(made, { links: linksTo(made, scratch), scratch })) {
      if (!parts.includes(scenario.name)) continue;
      duels.set(scenario.name, await duel(scenario, ours, against.filter(fits(scenario)), options));
    }
    const twoHours = duels.get('twoHours');
    return {
      at,
      threads: options.threads,
      pinned: all.isPinned,
      random: duels.get('random') ?? null,
      overview: duels.get('overview') ?? null,
      first: duels.get('first') ?? null,
      twoHours: twoHours ? { ...twoHours, peakMiB: await peaks(made, all, scratch, options) } : null,
      crop: parts.includes('crop') ? await crop(made, ours, scratch, options) : null,
      curation: parts.includes('curation') ? await curation(options) : null,
      reason,
      machine: on,
      versions: {
        node: process.versions.node,
        ours: version,
        ...(binary === undefined ? {} : { 'ours by ffmpeg': binary.version }),
        ...(python.path === null ? {} : python.versions),
      },
    };
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function duel(
  scenario: Scenario,
  ours: Child,
  against: readonly Contestant[],
  options: TurnsOptions,
): Promise<VideoDuel> {
  const differ = (mine: Check, theirs: Check): Promise<string | null> => disagreement(scenario, mine, theirs);
  return result(scenario, await takeTurns<Check>(scenario, differ, ours, against, options));
}

function result({ title }: Scenario, { ours, theirs, standing, reasons }: Turns): VideoDuel {
  const rivals = standing.filter(({ apart }) => !apart).map(({ name }) => [name, theirs[name]!] as const);
  const best = fastest(Object.fromEntries(rivals));
  const all: Record<string, VideoDuel['theirs'][string]> = {};
  for (const [name, rounds] of Object.entries(theirs))
    all[name] = { ...summarize(rounds.flat()), ratio: pairedRatio(rounds, ours) };
  for (const [name, reason] of Object.entries(reasons)) all[name] = { reason };
  return {
    title,
    ours: summarize(ours.flat()),
    theirs: all,
    ratio: best && pairedRatio(best.rounds, ours),
    fastestRival: best?.name ?? null,
  };
}

/** Of fresh processes, each of which reads one frame of the two hours and nothing else. */
async function peaks(
  made: Films,
  all: Contestants,
  scratch: string,
  { threads, onProgress }: TurnsOptions,
): Promise<Readonly<Record<string, PeakMemory | null>>> {
  const scenario = scenarios(made, { links: [], scratch }).find(({ name }) => name === 'twoHours')!;
  const other = all.oursByBinary();
  const ours = { name: 'ours', child: all.ours(), variant: null };
  const fresh = [ours, ...(other === null ? [] : [other]), ...all.rivals().filter(opensEachTime)];
  const found: Record<string, PeakMemory | null> = {};
  for (const { name, child, variant } of fresh) {
    onProgress(`twoHours: memory of ${name}`);
    const asked = child.ask('open', { scenario, variant, as: `memory of ${name}`, threads }, LIMIT);
    found[name] = await highest(child, asked);
    all.end(child);
  }
  return found;
}

/** Looks every few milliseconds, because a process that decodes may be gone when the frame is there. */
async function highest(child: Child, until: Promise<unknown>): Promise<PeakMemory | null> {
  let peak: PeakMemory | null = null;
  const look = (): void => {
    const bytes = child.pid === null ? null : peakMemory(child.pid);
    if (bytes === null) return;
    const all = bytes.reduce((sum, one) => sum + one, 0) / MIB;
    const largest = Math.max(...bytes) / MIB;
    peak = { all: Math.max(all, peak?.all ?? 0), largest: Math.max(largest, peak?.largest ?? 0) };
  };
  const timer = setInterval(look, 10);
  try {
    await until;
    look();
    return peak;
  } catch {
    return null;
  } finally {
    clearInterval(timer);
  }
}

async function crop(
  made: Films,
  ours: Child,
  scratch: string,
  { onProgress }: TurnsOptions,
): Promise<CropTimes> {
  onProgress('crop: of a decoded frame');
  const dir = join(scratch, 'frames');
  mkdirSync(dir);
  return ours.ask<CropTimes>('crop', { file: made.tenMinutes, frame: 30, scratch: dir }, LIMIT);
}

/** Every engine that is here, one after the other. */
async function curation({ onProgress }: TurnsOptions): Promise<readonly CurationSpeed[]> {
  const measured: CurationSpeed[] = [];
  for (const engine of ['tesseract', 'tesseract-js'] as const) {
    onProgress(`curation: reading text with ${engine}`);
    try {
      measured.push(await measureCuration(engine));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onProgress(`curation: without ${engine}: ${error.message}`);
    }
  }
  return measured;
}

/** A file that nobody has opened before cannot have been kept open. */
function fits({ name }: Scenario): (contestant: Contestant) => boolean {
  return (contestant) => name !== 'first' || contestant.variant === null || opensEachTime(contestant);
}

function opensEachTime({ variant }: Contestant): boolean {
  return variant?.includes('"keep":false') === true;
}

function linksTo({ tenMinutes }: Films, scratch: string): readonly string[] {
  return Array.from({ length: LINKS }, (_, i) => {
    const link = join(scratch, `${i}.mp4`);
    linkSync(tenMinutes, link);
    return link;
  });
}
