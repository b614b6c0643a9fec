import { normaliseAnswer } from '../metrics/m4vitevqa.js';
import type { RandomStream } from '../seeds.js';
import type { Split } from '../world/records.js';
import { splitOf } from '../world/splits.js';
import * as words from './words.js';

/** Draws that may fail before a pool is taken to be used up. */
const MOST_TRIES = 20_000;

/** How a video writes money. */
export type Money = (cents: number) => string;

const decimal = (cents: number, point: string): string =>
  `${Math.floor(cents / 100)}${point}${String(cents % 100).padStart(2, '0')}`;

const MONEYS: readonly Money[] = [
  (cents) => `€${decimal(cents, '.')}`,
  (cents) => `$${decimal(cents, '.')}`,
  (cents) => `£${decimal(cents, '.')}`,
  (cents) => `${decimal(cents, '.')} €`,
];

/**
 * Draws the texts of one video: all of its split, and no two alike once case and punctuation are gone, so
 * that an answer stands in one place only. The split of a text does not depend on its case: where the small
 * world has the same text, it has it in the same split.
 */
export class TextDrawer {
  readonly #random: RandomStream;
  readonly #split: Split;
  readonly #used = new Set<string>();
  readonly money: Money;

  constructor(random: RandomStream, split: Split) {
    this.#random = random;
    this.#split = split;
    this.money = random.pick(MONEYS);
  }

  /** Draws until a text is of the split, new to the video and at most `most` characters long. */
  draw(make: () => string, most = 99): string {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const text = make();
      if (text.length <= most && this.admits(text)) return this.use(text);
    }
    throw new RangeError(`no text of ${this.#split} is left of at most ${most} characters, like ${make()}`);
  }

  admits(text: string): boolean {
    // The split first: of `test`, nine draws of ten fall at it.
    if (splitOfText(text) !== this.#split) return false;
    const plain = normaliseAnswer(text);
    return plain !== '' && !this.#used.has(plain);
  }

  use(text: string): string {
    this.#used.add(normaliseAnswer(text));
    return text;
  }

  of(pool: readonly string[], most?: number): string {
    return this.draw(() => this.#random.pick(pool), most);
  }

  person(most?: number): string {
    const random = this.#random;
    const title = random.pick(['', '', '', 'Dr. ']);
    return this.draw(
      () => `${title}${random.pick(words.FIRST_NAMES)} ${random.pick(words.LAST_NAMES)}`,
      most,
    );
  }

  time(): string {
    const random = this.#random;
    return this.draw(() => clock(random.int(5 * 60, 24 * 60)));
  }

  hours(): string {
    const random = this.#random;
    return this.draw(() => {
      const from = random.int(14, 26) * 30;
      return `${clock(from)}–${clock(from + random.int(3, 14) * 30)}`;
    });
  }

  date(): string {
    const random = this.#random;
    return this.draw(() => {
      const [day, month, year] = [random.int(1, 29), random.int(0, 12), random.int(2019, 2036)];
      return `${day} ${words.MONTHS[month] ?? ''} ${year}`;
    });
  }

  phone(): string {
    const random = this.#random;
    return this.draw(() => `0${random.int(20, 99)} 555 ${String(random.int(0, 10_000)).padStart(4, '0')}`);
  }

  room(): string {
    const random = this.#random;
    return this.draw(
      () => `${random.pick(['', '', 'A', 'B', 'C', 'E'])}${random.int(1, 9)}.${random.int(10, 99)}`,
    );
  }

  platform(): string {
    const random = this.#random;
    return this.draw(() => `${random.int(1, 30)}${random.pick(['', 'a', 'b', 'c', 'd'])}`);
  }

  weight(): string {
    const random = this.#random;
    return this.draw(() => `${random.int(5, 199) * 5} ${random.pick(['g', 'ml'])}`);
  }

  price(): string {
    const random = this.#random;
    return this.draw(() => this.money(random.int(16, 400) * 5));
  }

  brand(): string {
    const random = this.#random;
    return this.draw(() => {
      const syllables = Array.from({ length: random.int(2, 4) }, () => random.pick(words.SYLLABLES)).join('');
      return syllables.charAt(0).toUpperCase() + syllables.slice(1) + random.pick(['', '', 'é', 'ñe', 'ü']);
    });
  }

  /** A code as on a door or a ticket: letters without I, O and Q, digits without 0 and 1. */
  code(): string {
    const random = this.#random;
    const letters = 'ABCDEFGHJKLMNPRSTUVWXYZ';
    const some = (from: string, count: number): string =>
      Array.from({ length: count }, () => random.pick([...from])).join('');
    return this.draw(() =>
      random.float() < 0.5
        ? `${some(letters, 2)}-${some('23456789', 4)}`
        : `${some('23456789', 3)} ${some('23456789', 3)}`,
    );
  }

  channel(): string {
    const random = this.#random;
    return this.draw(
      () => `${random.pick(['Kanal', 'News', 'TV', 'Télé', 'Radio', 'Canal'])} ${random.int(2, 99)}`,
    );
  }

  /** A message that no window shows at once: at least 30 characters. */
  news(): string {
    const random = this.#random;
    const ends = (): string =>
      random.pick([
        `at ${clock(random.int(360, 1440))}`,
        `after ${random.int(3, 90)} years`,
        `for ${random.int(12, 990)} visitors`,
      ]);
    return this.draw(() => `${random.pick(words.NEWS)} ${ends()}`);
  }

  /** Prices, and their sum as the total: all of the split. */
  bill(count: number): { readonly prices: readonly string[]; readonly total: string } {
    const random = this.#random;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const cents: number[] = [];
      while (cents.length < count) {
        const one = random.int(16, 250) * 5;
        if (!cents.includes(one) && this.admits(this.money(one))) cents.push(one);
      }
      const total = this.money(cents.reduce((sum, one) => sum + one, 0));
      if (!this.admits(total)) continue;
      return { prices: cents.map((one) => this.use(this.money(one))), total: this.use(total) };
    }
    throw new RangeError(`no bill of ${count} prices is left of ${this.#split}`);
  }
}

/** Texts come again in other videos, and a hash costs more than all else that drawing a text does. */
const splits = new Map<string, Split>();
const MOST_SPLITS = 100_000;

/** The split that a text belongs to, whatever its case. */
export function splitOfText(text: string): Split {
  const known = splits.get(text);
  if (known !== undefined) return known;
  const split = splitOf('text', text.normalize('NFC').toUpperCase());
  if (splits.size >= MOST_SPLITS) splits.clear();
  splits.set(text, split);
  return split;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
