import { iou, overlap1d } from './boxes.js';
import type { Hit, Place } from './records.js';
import type { MatchingSettings } from './settings.js';

/**
 * Hits of one answer, followed from frame to frame: a hit belongs to the place whose last box it overlaps, or from which
 * it has moved along one axis (text that scrolls) with its size kept. A text that shows again in the same box after a
 * while (a page that is returned to) is the same place; in another box it is another one.
 *
 * @param hits ascending by frame
 */
export function placesOf(
  hits: readonly Hit[],
  settings: Pick<MatchingSettings, 'maxGapFrames' | 'sameBox'>,
  heightPx: number,
): readonly Place[] {
  const open: Hit[][] = [];
  for (const frame of new Set(hits.map((hit) => hit.frame))) {
    const here = hits.filter((hit) => hit.frame === frame);
    const pairs = here
      .flatMap((hit) => open.map((place) => ({ hit, place, score: nearness(place.at(-1)!, hit, settings) })))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    const [usedHits, usedPlaces] = [new Set<Hit>(), new Set<Hit[]>()];
    for (const { hit, place } of pairs) {
      if (usedHits.has(hit) || usedPlaces.has(place)) continue;
      usedHits.add(hit);
      usedPlaces.add(place);
      place.push(hit);
    }
    for (const hit of here) if (!usedHits.has(hit)) open.push([hit]);
  }
  return open.map((place) => ({
    hits: place,
    similarity: Math.max(...place.map(({ similarity }) => similarity)),
    clearest: clearestOf(place, heightPx),
  }));
}

/** Above this a text is as large as reading needs. */
const LARGE_PX = 24;

/** The view that is read most surely: similarity first, then confidence × size × sharpness; the earliest of equals. */
export function clearestOf(hits: readonly Hit[], heightPx: number): Hit {
  const sharpest = Math.max(0, ...hits.map(({ sharpness }) => sharpness ?? 0));
  const clarity = ({ box01, confidence, sharpness }: Hit): number => {
    const size = Math.min(1, ((box01[3] - box01[1]) * heightPx) / LARGE_PX);
    const edges = sharpest > 0 && sharpness !== null ? sharpness / sharpest : 1;
    return (confidence ?? 0.5) * size * edges;
  };
  return hits.reduce((best, hit) => {
    if (hit.similarity !== best.similarity) return hit.similarity > best.similarity ? hit : best;
    return clarity(hit) > clarity(best) ? hit : best;
  });
}

/** 0 for another place; more the likelier it is the same. */
function nearness(
  before: Hit,
  now: Hit,
  { maxGapFrames, sameBox }: Pick<MatchingSettings, 'maxGapFrames' | 'sameBox'>,
): number {
  const shared = iou(before.box01, now.box01);
  if (shared >= sameBox) return 1 + shared;
  if (now.frame - before.frame > maxGapFrames + 1) return 0;
  return hasMoved(before, now) ? 0.5 : 0;
}

/** The same size, and still in the same column or row. */
function hasMoved({ box01: a }: Hit, { box01: b }: Hit): boolean {
  const similar = (x: number, y: number): boolean => Math.max(x, y) <= 1.3 * Math.min(x, y);
  if (!similar(a[2] - a[0], b[2] - b[0]) || !similar(a[3] - a[1], b[3] - b[1])) return false;
  return overlap1d(a[0], a[2], b[0], b[2]) >= 0.85 || overlap1d(a[1], a[3], b[1], b[3]) >= 0.85;
}
