import type { OcrWord, VideoOcr } from '../data/records.js';
import { box01Of } from './boxes.js';
import { pathBelow } from './paths.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';

/** A file of `ocr/` as a record. A word that is wrong is refused with the file, or left out and told to `onRefused`. */
export function videoOcrOf(value: unknown, onRefused?: (word: RowRefusal) => void): VideoOcr {
  const row = new Row(value);
  const version = row.number('version');
  if (version !== 1) throw new RowRefusal('bad-value', `expected "version" to be 1, got ${version}`);
  const fps = row.number('fps');
  if (!(fps > 0)) throw new RowRefusal('bad-value', `expected "fps" to be above 0, got ${fps}`);
  let last = 0;
  const frames = row.objects('frames').map((frame) => {
    const number = frame.whole('frame', 1);
    if (number <= last)
      throw new RowRefusal('bad-value', `expected frames to ascend, got frame ${number} after frame ${last}`);
    last = number;
    return { frame: number, words: frame.objects('words').flatMap((word) => wordsOf(word, onRefused)) };
  });
  return { version: 1, video: pathBelow(row.text('video')), fps, by: row.text('by'), frames };
}

function wordsOf(row: Row, onRefused: ((word: RowRefusal) => void) | undefined): readonly OcrWord[] {
  try {
    return [wordOf(row)];
  } catch (error) {
    if (onRefused === undefined || !(error instanceof RowRefusal)) throw error;
    onRefused(error);
    return [];
  }
}

function wordOf(row: Row): OcrWord {
  const confidence = row.has('confidence') ? row.number('confidence') : null;
  if (confidence !== null && !(confidence >= 0 && confidence <= 1))
    throw new RowRefusal('bad-value', `expected "confidence" from 0 to 1, got ${confidence}`);
  return {
    text: row.anyText('text'),
    box01: box01Of(row.raw('box01'), 'box01'),
    confidence,
    line: row.number('line'),
  };
}
