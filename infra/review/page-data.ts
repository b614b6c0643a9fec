import type { VideoFacts } from './pictures.js';
import type { ReviewItem } from './records.js';

/** What the page is given: served, it asks for the rest; standing alone, it holds everything. */
export type PageData = ServedPage | AlonePage;

interface Common {
  /** For people. */
  readonly folder: string;
}

export interface ServedPage extends Common {
  readonly mode: 'served';
  /** Where decisions are written, for people. */
  readonly decisionsFile: string;
}

export interface AlonePage extends Common {
  readonly mode: 'alone';
  /** Of the content: what a browser remembers of one page is not shown on another. */
  readonly key: string;
  readonly by: string;
  readonly items: readonly ReviewItem[];
  /** By item; null where the video cannot be read, or its pictures have no room. */
  readonly facts: readonly (VideoFacts | null)[];
  /** Data URLs by `frame/ITEM/FRAME` and `crop/ITEM/TURN`. */
  readonly pictures: Readonly<Record<string, string>>;
  /** Why an item has no pictures, by item. */
  readonly missing: Readonly<Record<number, string>>;
}
