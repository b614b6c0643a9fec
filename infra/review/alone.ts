import { createHash } from 'node:crypto';
import { DataFailure } from '../../domain/failures.js';
import type { AlonePage } from './page-data.js';
import { reviewPage } from './page.js';
import type { ReviewPictures, VideoFacts } from './pictures.js';
import type { ReviewItem } from './records.js';
import { reviewItems, type Review } from './routes.js';

/** A page larger than this opens slowly, and cannot be sent to anybody. */
export const EMBEDDED_BYTES = 64 * 2 ** 20;
/** For orientation; crops are embedded at native resolution. */
const FRAME_WIDTH_PX = 960;

export interface AloneResult {
  readonly html: string;
  /** Items whose pictures are in the page. */
  readonly embedded: number;
  /** Items without, because the page is full. */
  readonly withoutRoom: number;
  /** Items without, because their video cannot be read: as sentences. */
  readonly problems: readonly string[];
}

/**
 * A page that needs no server. It holds the pictures of as many items as there is room for, in order, an item's all or none;
 * the others say why they have none.
 */
export async function alonePage(
  { folder, decisions, pictures, by }: Review,
  {
    maxBytes = EMBEDDED_BYTES,
    signal,
    onProgress,
  }: {
    readonly maxBytes?: number;
    readonly signal: AbortSignal;
    readonly onProgress: (at: { readonly done: number; readonly total: number }) => void;
  },
): Promise<AloneResult> {
  const items = reviewItems({ folder, decisions });
  const found: Record<string, string> = {};
  const missing: Record<number, string> = {};
  const facts: (VideoFacts | null)[] = [];
  const problems: string[] = [];
  let [bytes, withoutRoom] = [0, 0];
  for (const [index, item] of items.entries()) {
    signal.throwIfAborted();
    onProgress({ done: index, total: items.length });
    facts.push(null);
    if (bytes >= maxBytes) {
      missing[index] = NO_ROOM;
      withoutRoom += 1;
      continue;
    }
    try {
      facts[index] = await pictures.facts(item.record, signal);
      const own = await picturesOf(pictures, item, index, signal);
      const size = own.reduce((sum, [, url]) => sum + url.length, 0);
      if (bytes + size > maxBytes) {
        // The page is full: whether later ones would still fit is not worth a decode each.
        bytes = maxBytes;
        missing[index] = NO_ROOM;
        withoutRoom += 1;
        continue;
      }
      bytes += size;
      Object.assign(found, Object.fromEntries(own));
    } catch (error) {
      if (!(error instanceof DataFailure)) throw error;
      missing[index] = error.message;
      problems.push(`${item.record.id}: ${error.message}`);
    }
  }
  onProgress({ done: items.length, total: items.length });
  const data: AlonePage = {
    mode: 'alone',
    folder: folder.dir,
    key: createHash('sha256').update(JSON.stringify(folder.items)).digest('hex').slice(0, 16),
    by,
    items,
    facts,
    pictures: found,
    missing,
  };
  const embedded = items.length - withoutRoom - problems.length;
  return { html: reviewPage(data), embedded, withoutRoom, problems };
}

const NO_ROOM =
  'this page holds as many pictures as it may; ruminate data review without --no-serve shows all';

/** Of the trajectory as it came: each turn's frames, and its crop. */
async function picturesOf(
  pictures: ReviewPictures,
  { record }: ReviewItem,
  index: number,
  signal: AbortSignal,
): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  const frame = async (at: number): Promise<void> => {
    const jpeg = await pictures.frame(record, at, FRAME_WIDTH_PX, signal);
    found.push([`frame/${index}/${at}`, dataUrl('image/jpeg', jpeg)]);
  };
  for (const [turn, { action }] of record.turns.entries()) {
    if (action.tool === 'clip') for (const at of action.targetFrames) await frame(at);
    if (action.tool !== 'crop') continue;
    await frame(action.targetFrame);
    const png = await pictures.crop(record, action.targetFrame, action.bbox01, signal);
    found.push([`crop/${index}/${turn}`, dataUrl('image/png', png)]);
  }
  return found;
}

function dataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}
