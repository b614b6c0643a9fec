import { counted } from '../../domain/counted.js';
import { UserError } from '../../domain/failures.js';
import type { Difficulty } from '../../domain/town/knobs.js';
import { DIFFICULTIES, knobsOf } from '../../domain/town/knobs.js';
import type { TownManifest } from '../../domain/town/records.js';
import type { Split } from '../../domain/world/records.js';
import { SPLITS } from '../../domain/world/splits.js';
import type { TownForm } from './folder.js';
import { TOWN_FORMS } from './folder.js';
import type { WriteTownOptions } from './write.js';
import { writeTown } from './write.js';

/** The options as a person types them. */
export interface TownCommand extends Omit<WriteTownOptions, 'dir' | 'split' | 'form' | 'knobs'> {
  readonly out: string;
  readonly split: string;
  readonly difficulty: string;
  readonly form: string;
  /** `name=value`, as often as wanted. */
  readonly knob?: readonly string[];
  /** `WIDTHxHEIGHT`. */
  readonly size?: string;
}

/** What was written, how fast, and one sentence about it. */
export interface TownMade {
  readonly manifest: TownManifest;
  readonly seconds: number;
  /** Videos made by this call; fewer than there are when it went on with a folder. Null when none was made. */
  readonly videosPerSecond: number | null;
  readonly said: string;
}

/** `ruminate data town`: writes the folder. */
export async function runTownCommand(command: TownCommand): Promise<TownMade> {
  const { out, split, difficulty, form, knob = [], size, ...rest } = command;
  const chosen = oneOf<Split>('--split', SPLITS, split);
  const knobs = knobsOf(oneOf<Difficulty>('--difficulty', DIFFICULTIES, difficulty), {
    ...turned(knob),
    ...(size === undefined ? {} : sizeOf(size)),
  });
  let made = 0;
  const onProgress: NonNullable<WriteTownOptions['onProgress']> = (progress) => {
    made = progress.done;
    rest.onProgress?.(progress);
  };
  const started = performance.now();
  const written = { ...rest, dir: out, split: chosen, knobs, form: oneOf<TownForm>('--form', TOWN_FORMS, form), onProgress };
  const manifest = await writeTown(written);
  const seconds = (performance.now() - started) / 1000;
  const videosPerSecond = made === 0 ? null : made / seconds;
  const said = `${out}: ${counted(manifest.videos, 'video')} and ${counted(manifest.questions, 'question')} (${split}, seed ${manifest.seed}, ${difficulty}).`;
  return { manifest, seconds, videosPerSecond, said };
} // prettier-ignore

function oneOf<T extends string>(option: string, values: readonly T[], name: string): T {
  const found = values.find((value) => value === name);
  if (found !== undefined) return found;
  throw new UserError(`${option}: expected ${values.join(', ')}, got ${name}`);
}

function turned(knobs: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    knobs.map((text) => {
      const [, name, value] = /^(\w+)=(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
      if (name !== undefined && value !== undefined) return [name, Number(value)];
      throw new UserError(`--knob: expected name=number, such as textPct=5, got ${text}`);
    }),
  );
}

function sizeOf(size: string): { readonly widthPx: number; readonly heightPx: number } {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  if (width !== undefined && height !== undefined)
    return { widthPx: Number(width), heightPx: Number(height) };
  throw new UserError(`--size: expected WIDTHxHEIGHT, such as 640x360, got ${size}`);
}
