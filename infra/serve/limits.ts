/** What one server bears. */
export interface Limits {
  /** Bytes of a request. Eleven pictures of a million pixels each fit as PNG. */
  readonly bodyBytes: number;
  /** Pixels of one picture, by what its header says, before any of them is decoded. */
  readonly picturePixels: number;
  /** Requests whose turns are drawn, or whose pictures are decoded, at a time. */
  readonly running: number;
  /** Requests that may wait beside them; the next is told to come again. */
  readonly waiting: number;
  /** From the end of a request's body to its answer, waiting included. */
  readonly answerMs: number;
  /** For a request to arrive whole. */
  readonly receiveMs: number;
  /** After the signal to end: what is still being answered then is cut off. */
  readonly drainMs: number;
}

const MEBIBYTE = 2 ** 20;

export const LIMITS: Limits = {
  bodyBytes: 32 * MEBIBYTE,
  picturePixels: 4096 * 4096,
  running: 16,
  waiting: 64,
  answerMs: 60_000,
  receiveMs: 30_000,
  drainMs: 10_000,
};
