import type { Curriculum } from '../../domain/curriculum.js';
import { ROOM_SETTINGS } from '../../domain/memory-room.js';

/** How a run's curriculum differs from the one that it was started with. */
export interface CurriculumChange {
  readonly kind:
    | 'none'
    /** Only in what a machine has room for (`Room`): memory ran out, or a conversation was too long. */
    | 'room'
    /** In anything else: that is another run. */
    | 'another';
  /** Each `stages[0].steps: 80 → 60`. */
  readonly differences: readonly string[];
}

const ROOM: readonly string[] = Object.values(ROOM_SETTINGS);

export function curriculumChange(before: Curriculum, after: Curriculum): CurriculumChange {
  const found = differences(asKept(before), asKept(after), '');
  const kind = found.length === 0 ? 'none' : found.every(({ at }) => ROOM.includes(at)) ? 'room' : 'another';
  return { kind, differences: found.map(({ at, was, is }) => `${at}: ${was} → ${is}`) };
}

/** As JSON keeps it. Runs of before there were engines name none. */
function asKept(curriculum: Curriculum): unknown {
  const kept = JSON.parse(JSON.stringify(curriculum)) as Curriculum;
  return { ...kept, policy: Object.assign({ engine: 'onnx' }, kept.policy) };
}

interface Difference {
  readonly at: string;
  readonly was: string;
  readonly is: string;
}

function differences(before: unknown, after: unknown, at: string): readonly Difference[] {
  if (before === after) return [];
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ at, was: shown(before), is: shown(after) }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const place = (name: string): string =>
    Array.isArray(before) ? `${at}[${name}]` : at === '' ? name : `${at}.${name}`;
  return names.flatMap((name) => differences(before[name], after[name], place(name)));
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const MOST_SHOWN = 60;

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
}
