import { counted } from '../domain/counted.js';
import { clockTime } from '../domain/conversation/sentences.js';
import type {
  ConversationRecord,
  Looked,
  ShownPicture,
  SpokenMessage,
} from '../domain/conversation/records.js';
import type { Spent } from '../domain/conversation/ledger.js';

/**
 * What a model or a server wrote, fit for a terminal: in any script, on one line, and without the control characters
 * by which a text could move the cursor, set the title or write over what stands there.
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is meant
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

const LONGEST_THOUGHT = 300;

/** What the model thought; a long one is cut, between characters and never within one. */
export function thoughtLine(thought: string): string {
  const characters = [...printable(thought)];
  const cut = characters.length > LONGEST_THOUGHT;
  return `   “${characters.slice(0, LONGEST_THOUGHT).join('')}${cut ? '…' : ''}”`;
}

/** The overview in one line. */
export function overviewLine({ video, overview }: Pick<ConversationRecord, 'video' | 'overview'>): string {
  const first = overview[0];
  const each = first === undefined ? '' : `, each ${size(first)}`;
  return `overview: ${overview.length} of ${video.frames} frames of ${video.durationSec.toFixed(1)} s${each}`;
}

/** What the model asked for, and what it wrote that could not be read. */
export function messageLine(turn: number, { action, failure }: SpokenMessage): string {
  const what = ((): string => {
    if (action === null)
      return `a message that asks for nothing (${printable(failure ?? 'it could not be read')})`;
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
  if (looked.kind === 'refused') return `   refused: ${printable(looked.reason)}`;
  return looked.pictures
    .map((picture) => `   ${clockTime(picture.sec)}  ${size(picture)}${enlarged(picture)}`)
    .join('\n');
}

/** What became of a run's questions; each is in one of the counts. */
export function outcomeLine({
  conversations,
  answered,
  failed,
}: {
  readonly conversations: number;
  readonly answered: number;
  readonly failed: number;
}): string {
  const silent = conversations - answered - failed;
  return `${answered} of ${conversations} questions answered, ${failed} failed${silent > 0 ? `, ${silent} ended without an answer` : ''}`;
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
    counted(messages, 'message', count),
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
