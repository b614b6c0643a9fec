import type { QuestionRecord } from '../data/records.js';
import { hitsIn } from './hits.js';
import { placesOf } from './places.js';
import type { Match, Place, VideoText } from './records.js';
import type { MatchingSettings } from './settings.js';
import { wantedOf } from './similarity.js';

/** Finds where a video shows the answer of a question; never guesses between several places. */
export function matchQuestion(question: QuestionRecord, text: VideoText, settings: MatchingSettings): Match {
  const long = question.answers
    .map(wantedOf)
    .filter(({ letters }) => letters.length >= settings.minCharacters);
  const unmatched = (reason: 'answer-too-short' | 'missing' | 'ambiguous', why: string): Match => ({
    kind: 'unmatched',
    question,
    reason,
    why,
  });
  if (long.length === 0) {
    return unmatched(
      'answer-too-short',
      `"${question.answers[0] ?? ''}" has fewer than ${settings.minCharacters} letters and digits`,
    );
  }
  const aspect = text.widthPx / text.heightPx;
  const found = long
    .flatMap(({ answer, ...rest }) => {
      const hits = text.frames.flatMap(({ frame, words }) =>
        hitsIn(words, { answer, ...rest }, frame, { ...settings, aspect }),
      );
      return placesOf(hits, settings, text.heightPx).map((place) => ({ answer, place }));
    })
    .sort(
      (a, b) => b.place.similarity - a.place.similarity || a.place.clearest.frame - b.place.clearest.frame,
    );
  const best = found[0];
  if (best === undefined) {
    return unmatched('missing', `"${long[0]!.answer}" was read in none of the ${text.frames.length} frames`);
  }
  const rival = found.find(
    ({ place }) =>
      place.similarity >= best.place.similarity - settings.rivalMargin && !isSame(place, best.place),
  );
  if (rival === undefined) return { kind: 'matched', question, ...best };
  const [one, other] = [best.place.clearest, rival.place.clearest];
  return unmatched(
    'ambiguous',
    `"${best.answer}" stands in several places: ${shown(one)} and ${shown(other)}`,
  );
}

/** Two spellings of an answer may find the same words. */
function isSame(a: Place, b: Place): boolean {
  const [first, second] = [a.clearest, b.clearest];
  if (a === b) return true;
  const there = a.hits.find(({ frame }) => frame === second.frame) ?? first;
  return there.frame === second.frame && there.words.some((word) => second.words.includes(word));
}

function shown({ frame, text, box01 }: Place['clearest']): string {
  const [x, y] = [(box01[0] + box01[2]) / 2, (box01[1] + box01[3]) / 2];
  return `"${text}" in frame ${frame} at ${Math.round(100 * x)} % across, ${Math.round(100 * y)} % down`;
}
