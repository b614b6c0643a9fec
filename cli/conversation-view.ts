import { clockTime } from '../domain/conversation/sentences.js';
import type {
  ConversationRecord,
  Looked,
  ShownPicture,
  SpokenMessage,
} from '../domain/conversation/records.js';
import type { Spent } from '../domain/conversation/ledger.js';

/** The overview in one line. */
export function overviewLine({ video, overview }: Pick<ConversationRecord, 'video' | 'overview'>): string {
  const first = overview[0];
  const each = first === undefined ? '' : `, each ${size(first)}`;
  return `overview: ${overview.length} of ${video.frames} frames of ${video.durationSec.toFixed(1)} s${each}`;
}

/** What the model asked for, and what it wrote that could not be read. */
export function messageLine(turn: number, { action, failure }: SpokenMessage): string {
  const what = ((): string => {
    if (action === null) return `a message that asks for nothing (${failure ?? 'it could not be read'})`;
    switch (action.tool) {
      case 'answer':
        return 'answer';
      case 'clip':
        return `clip of frame${action.targetFrames.length === 1 ? '' : 's'} ${action.targetFrames.join(', ')}`;
      case 'crop':
        return `crop of frame ${action.targetFrame} at [${action.bbox01.map((edge) => edge.toFixed(2)).join(', ')}]`;
      default:
        return action satisfies never;
    }
  })();
  return `${turn + 1}. ${what}`;
}

/** What came back for it. */
export function lookedLine(looked: Looked): string {
  if (looked.kind === 'refused') return `   refused: ${looked.reason}`;
  return looked.pictures
    .map((picture) => `   ${clockTime(picture.sec)}  ${size(picture)}${enlarged(picture)}`)
    .join('\n');
}

/** `1,204 + 96 tokens, 0.0031` and what was wasted. */
export function spentLine({
  messages,
  promptTokens,
  cachedTokens,
  completionTokens,
  unmetered,
  cost,
  unpriced,
  wasted,
}: Spent): string {
  const count = (n: number): string => n.toLocaleString('en');
  const tries = Object.entries(wasted).map(([why, n]) => `${n} × ${why}`);
  return [
    `${count(messages)} message${messages === 1 ? '' : 's'}`,
    `${count(promptTokens)} prompt tokens${cachedTokens > 0 ? ` (${count(cachedTokens)} from the cache)` : ''}`,
    `${count(completionTokens)} written`,
    ...(unmetered > 0 ? [`${count(unmetered)} of which the server did not say the tokens`] : []),
    ...(cost > 0
      ? [`cost ${cost.toFixed(4)}${unpriced > 0 ? ` and ${count(unpriced)} messages without a price` : ''}`]
      : []),
    ...(tries.length > 0 ? [`calls in vain: ${tries.join(', ')}`] : []),
  ].join(', ');
}

function size({ widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }): string {
  return `${widthPx}×${heightPx}`;
}

function enlarged({ native, widthPx, heightPx }: ShownPicture): string {
  return native.widthPx === widthPx && native.heightPx === heightPx
    ? ''
    : ` (of ${size(native)} in the video)`;
}
