import type { Frame } from './frame.js';
import { emptyFrame } from './frame.js';
import type { SheetPlanes } from './sheet-planes.js';
import { emptySheet } from './sheet-planes.js';

/** What the frames of one film are made in, one after the other. */
export class Darkroom {
  readonly frame: Frame;
  /** For a second exposure. */
  readonly second: Frame;
  /** A finished frame. */
  readonly bytes: Uint8Array;
  #sheet: SheetPlanes | null = null;

  constructor(
    readonly widthPx: number,
    readonly heightPx: number,
  ) {
    this.frame = emptyFrame(widthPx, heightPx);
    this.second = emptyFrame(widthPx, heightPx);
    this.bytes = new Uint8Array((widthPx * heightPx * 3) / 2);
  }

  /** Planes of a sheet, to be written all over: the scene before has no more use for them. */
  sheet(widthPx: number, heightPx: number): SheetPlanes {
    const known = this.#sheet;
    if (known?.widthPx === widthPx && known.heightPx === heightPx) return known;
    this.#sheet = emptySheet(widthPx, heightPx);
    return this.#sheet;
  }
}

/** Darkrooms without a film. Large arrays are dear to the collector of garbage, and a town's films are all of one size. */
const idle: Darkroom[] = [];

export function takeDarkroom(widthPx: number, heightPx: number): Darkroom {
  const room = idle.pop();
  return room?.widthPx === widthPx && room.heightPx === heightPx ? room : new Darkroom(widthPx, heightPx);
}

export function giveBack(room: Darkroom): void {
  idle.push(room);
}
