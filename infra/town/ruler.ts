import type { SKRSContext2D } from '@napi-rs/canvas';
import { createCanvas } from '@napi-rs/canvas';
import type { Face } from './fonts.js';
import { townFont } from './fonts.js';

/** What a text takes up from where it starts on its base line, in heights of a capital. */
export interface Extent {
  readonly width: number;
  /** Its ink: how far it reaches to the left, to the right, up and down. */
  readonly left: number;
  readonly right: number;
  readonly ascent: number;
  readonly descent: number;
}

/** A text's extent, and where each of its words starts and ends. */
export interface Measured extends Extent {
  readonly words: readonly (readonly [from: number, to: number])[];
}

/** Height of a capital that words are measured at: so large that the whole pixels of ink boxes do not matter. */
const MEASURED_CAP = 72;
/** Words that are remembered; a town's codes and numbers never end. */
const MOST_WORDS = 20_000;

/** Measures texts set in one face, whatever their size, word by word: shaping a text costs more than drawing it, and words come again. */
class Ruler {
  readonly #ctx: SKRSContext2D;
  readonly #space: number;
  readonly #words = new Map<string, Extent>();

  constructor(face: Face) {
    this.#ctx = createCanvas(1, 1).getContext('2d');
    this.#ctx.font = townFont(face, MEASURED_CAP);
    this.#space = this.#word(' ').width;
  }

  measure(text: string): Measured {
    const words: (readonly [number, number])[] = [];
    let [width, left, right, ascent, descent] = [0, 0, 0, -Infinity, -Infinity];
    for (const [at, word] of text.split(' ').entries()) {
      const own = this.#word(word);
      if (at === 0) left = own.left;
      else width += this.#space;
      words.push([width, width + own.width]);
      right = width + own.right;
      width += own.width;
      ascent = Math.max(ascent, own.ascent);
      descent = Math.max(descent, own.descent);
    }
    return { width, left, right, ascent, descent, words };
  }

  #word(word: string): Extent {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const size = this.#ctx.measureText(word);
    const extent = {
      width: size.width / MEASURED_CAP,
      left: size.actualBoundingBoxLeft / MEASURED_CAP,
      right: size.actualBoundingBoxRight / MEASURED_CAP,
      ascent: size.actualBoundingBoxAscent / MEASURED_CAP,
      descent: size.actualBoundingBoxDescent / MEASURED_CAP,
    };
    if (this.#words.size >= MOST_WORDS) this.#words.clear();
    this.#words.set(word, extent);
    return extent;
  }
}

const rulers = new Map<string, Ruler>();

/** A text in a face whose capitals are one unit high. */
export function measured(text: string, face: Face): Measured {
  const key = `${face.family} ${face.bold === true}`;
  const ruler = rulers.get(key) ?? new Ruler(face);
  rulers.set(key, ruler);
  return ruler.measure(text);
}
