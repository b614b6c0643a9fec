import { ActivityFailure, ApplicationFailure, condition } from '@temporalio/workflow';
import type { Curriculum } from '../domain/curriculum.js';
import type { RunBook } from './run-book.js';

/** What an attempt that memory ran out in has left for the next, and how long that one had to wait. */
export interface LeftOver<L> {
  readonly left: L;
  readonly waitedMs: number;
}

/** In a curriculum's settings in force; `before` is null in a first attempt, and where one before left nothing. */
export type RoomyWork<T, L> = (curriculum: Curriculum, before: LeftOver<L> | null) => Promise<T>;

/**
 * Does work that needs a model in memory. Where memory runs out, the run is paused until a person has made room; then
 * the same is done again with the settings in force, and finds done what was committed.
 *
 * @param again asked before another attempt: the wait may have been long
 */
export async function withRoom<T, L = never>(
  book: RunBook,
  again: () => Promise<void>,
  work: RoomyWork<T, L>,
): Promise<T> {
  for (let before: LeftOver<L> | null = null; ;) {
    try {
      return await work(book.curriculum, before);
    } catch (error) {
      const shortage = shortageIn(error);
      if (shortage === null) throw error;
      const sinceMs = Date.now();
      book.pause(whatOf(error, shortage));
      await condition(() => !book.isPaused);
      const left = shortage.details?.[0] as L | undefined;
      before = left === undefined ? before : { left, waitedMs: Date.now() - sinceMs };
      await again();
    }
  }
}

/** The failure for want of memory at the bottom of an activity's or a child's failure; null where it is another. */
export function shortageIn(error: unknown): ApplicationFailure | null {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof ApplicationFailure && at.type === 'MemoryFailure') return at;
  return null;
}

/** The failure of a child for want of memory, with what the next attempt begins with. */
export function leaving(left: unknown, { message }: ApplicationFailure, cause: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    ...{ message, type: 'MemoryFailure', nonRetryable: true, details: [left] },
    ...(cause instanceof Error ? { cause } : {}),
  });
}

/**
 * Which activity had no room, and what for: `trainRl: out of memory: tried to allocate 8 GiB`. The lines after that say
 * what an engine would lower; of that, the run says what it can.
 */
function whatOf(error: unknown, { message }: ApplicationFailure): string {
  let activity = '';
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof ActivityFailure) activity = `${at.activityType}: `;
  return `${activity}${message.split('\n')[0]!}`;
}
