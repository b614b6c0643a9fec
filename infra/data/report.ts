import type { Reason, RowRefusal } from '../../domain/formats/refusal.js';
import type { Place } from './rows/row.js';
import { placeText } from './rows/row.js';

/** What is counted, each by itself. */
export type What = 'question' | 'trajectory' | 'video' | 'OCR file' | 'OCR word' | 'evidence';

export interface Count {
  readonly read: number;
  readonly kept: number;
  readonly refused: number;
}

/** Refusals of one kind for one reason; all of them stand in refused.jsonl, the first few here. */
export interface RefusedGroup {
  readonly what: What;
  readonly reason: Reason;
  readonly count: number;
  readonly examples: readonly { readonly where: string; readonly message: string }[];
}

/** What `report.json` holds, and what the commands of data answer. */
export interface DataReport {
  readonly version: 1;
  readonly form: string;
  readonly sources: readonly string[];
  readonly counts: Readonly<Partial<Record<What, Count>>>;
  readonly refused: readonly RefusedGroup[];
  readonly warnings: readonly string[];
}

/** One line of refused.jsonl. */
export interface RefusedRow extends Place {
  readonly what: What;
  readonly reason: Reason;
  readonly message: string;
}

const EXAMPLES = 5;

/** Counts rows as they pass. `onRefused` gets every refusal, so that none is only a number. */
export class Tally {
  readonly #counts = new Map<What, { read: number; kept: number; refused: number }>();
  readonly #groups = new Map<
    string,
    { what: What; reason: Reason; count: number; examples: { where: string; message: string }[] }
  >();
  readonly #warnings: string[] = [];
  readonly #onRefused: ((row: RefusedRow) => void) | undefined;

  constructor(onRefused?: (row: RefusedRow) => void) {
    this.#onRefused = onRefused;
  }

  read(what: What, more = 1): void {
    this.#count(what).read += more;
  }

  kept(what: What, more = 1): void {
    this.#count(what).kept += more;
  }

  refuse(what: What, place: Place, { reason, message }: RowRefusal): void {
    this.#count(what).refused += 1;
    const key = `${what}\0${reason}`;
    const group = this.#groups.get(key) ?? { what, reason, count: 0, examples: [] };
    this.#groups.set(key, group);
    group.count += 1;
    if (group.examples.length < EXAMPLES) group.examples.push({ where: placeText(place), message });
    const { file, line, index } = place;
    this.#onRefused?.({
      what,
      reason,
      file,
      ...(line === undefined ? {} : { line }),
      ...(index === undefined ? {} : { index }),
      message,
    });
  }

  warn(sentence: string): void {
    this.#warnings.push(sentence);
  }

  report(form: string, sources: readonly string[]): DataReport {
    return {
      version: 1,
      form,
      sources,
      counts: Object.fromEntries([...this.#counts].map(([what, count]) => [what, { ...count }])),
      refused: [...this.#groups.values()].sort((a, b) => b.count - a.count),
      warnings: [...this.#warnings],
    };
  }

  #count(what: What): { read: number; kept: number; refused: number } {
    const count = this.#counts.get(what) ?? { read: 0, kept: 0, refused: 0 };
    this.#counts.set(what, count);
    return count;
  }
}

/** What has more refusals than admitted, in a sentence; null where nothing has. */
export function tooManyRefused({ counts }: DataReport, maxShare: number): string | null {
  for (const [what, { read, refused }] of Object.entries(counts)) {
    if (refused === 0 || refused / read <= maxShare) continue;
    return `${refused} of ${read} ${plural(what as What, 2)} refused (${percent(refused / read)}), more than the ${percent(maxShare)} that --max-refused admits`;
  }
  return null;
}

export function plural(what: What, count: number): string {
  if (count === 1 || what === 'evidence') return what === 'evidence' ? 'entries of evidence' : what;
  return what === 'trajectory' ? 'trajectories' : `${what}s`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
