import type { Size } from './filters.js';

/** Text kept of what an ffmpeg says, and the longest line that is looked at. */
const MOST_KEPT = 65_536;

/** A frame that is about to come out: the tick of the clock that it stands for, and its size before it is scaled. */
export interface Announced extends Size {
  readonly tick: number;
}

/**
 * What an ffmpeg says on stderr while it works: its complaints, and which frame comes next (the lines of its
 * `showinfo` filter). A line is written before its frame, so one that was read from stdout has been announced.
 */
export class Said {
  /** All but the announcements, the last of it. */
  text = '';
  #line = '';
  #isOver = false;
  readonly #announced: Announced[] = [];
  #taker: ((announced: Announced | null) => void) | null = null;

  take(chunk: string): void {
    const lines = (this.#line + chunk).split('\n');
    this.#line = (lines.pop() ?? '').slice(-MOST_KEPT);
    for (const line of lines) {
      const announced = announcedBy(line);
      if (announced !== null) this.#give(announced);
      else if (!line.startsWith('[Parsed_showinfo')) this.text = `${this.text}${line}\n`.slice(-MOST_KEPT);
    }
  }

  /** Nothing more will be said. */
  close(): void {
    this.take('\n');
    this.#isOver = true;
    this.#taker?.(null);
    this.#taker = null;
  }

  /** The next frame's announcement; null when there will be none. */
  next(): Promise<Announced | null> {
    const announced = this.#announced.shift();
    if (announced !== undefined || this.#isOver) return Promise.resolve(announced ?? null);
    return new Promise((resolve) => (this.#taker = resolve));
  }

  #give(announced: Announced): void {
    const taker = this.#taker;
    this.#taker = null;
    if (taker === null) this.#announced.push(announced);
    else taker(announced);
  }
}

function announcedBy(line: string): Announced | null {
  const found = /^\[Parsed_showinfo\S* @ \S+\] \[info\] n: *\d+ pts: *(-?\d+) .* s:(\d+)x(\d+) /.exec(line);
  if (found === null) return null;
  const [tick = 0, widthPx = 0, heightPx = 0] = found.slice(1).map(Number);
  return { tick, widthPx, heightPx };
}
