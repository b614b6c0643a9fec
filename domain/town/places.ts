import type { EvidenceRecord } from '../data/records.js';
import type { TownScene, TruthText, View } from './records.js';

/** A view counts as clear when at most this share of the text is hidden. */
const CLEAR = 0.98;

/** A text that can be read, and where a question about it points. */
export interface Place {
  readonly scene: TownScene;
  readonly text: TruthText;
  readonly evidence: EvidenceRecord;
}

/** The rates that decide what can be seen: encoded frames, and frames as a policy samples them. */
export interface Rates {
  readonly fps: number;
  readonly lookFps: number;
}

/** The texts of a scene that are seen clearly in at least one frame sampled at the look rate. */
export function placesOf(scene: TownScene, rates: Rates): readonly Place[] {
  return scene.texts.flatMap((text) => {
    if (text.role === 'caption' || text.role === 'scroll') return [];
    const evidence = evidenceOf(text, rates);
    return evidence === null ? [] : [{ scene, text, evidence }];
  });
}

/** The longest unbroken time in which a text is clear, of those that a sampled frame falls into; null when there is none. */
export function evidenceOf(text: TruthText, rates: Rates): EvidenceRecord | null {
  const runs = clearRuns(text.views, rates.fps).filter((run) => run.some((view) => isLook(view.sec, rates)));
  const [best] = [...runs].sort((one, other) => other.length - one.length);
  return best === undefined ? null : recordOf(text.text, best, rates.fps);
}

/** A message that scrolls: every word of it is whole in some clear frame, else null. */
export function scrollEvidence(text: TruthText, { fps }: Rates): EvidenceRecord | null {
  const views = text.views.filter((view) => view.clear01 >= CLEAR);
  const isRead = text.words.every(([from, to]) =>
    views.some(({ span01 = [0, 1] }) => span01[0] <= from + 0.002 && span01[1] >= to - 0.002),
  );
  return isRead && views.length > 1 ? recordOf(text.text, views, fps) : null;
}

/** The whole picture for as long as a scene lasts. */
export function sceneEvidence({ startSec, endSec }: TownScene): EvidenceRecord {
  return { startSec, endSec, boxes: [{ sec: startSec, box01: [0, 0, 1, 1] }] };
}

function clearRuns(views: readonly View[], fps: number): readonly (readonly View[])[] {
  const runs: View[][] = [];
  for (const view of views) {
    if (view.clear01 < CLEAR) continue;
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && view.sec - last.sec < 1.5 / fps) run.push(view);
    else runs.push([view]);
  }
  return runs;
}

/** A box is told when it moves; the nearest earlier one holds in between. */
function recordOf(text: string, views: readonly View[], fps: number): EvidenceRecord {
  const [first, last] = [views[0], views.at(-1)];
  if (first === undefined || last === undefined) throw new Error(`the text ${text} has no views`);
  const boxes = views.filter(
    (view, at) => at === 0 || view.box01.some((value, side) => value !== views[at - 1]?.box01[side]),
  );
  return {
    startSec: first.sec,
    endSec: Math.round((last.sec + 1 / fps) * 1e6) / 1e6,
    text,
    boxes: boxes.map(({ sec, box01 }) => ({ sec, box01 })),
  };
}

function isLook(sec: number, { lookFps }: Rates): boolean {
  const looks = sec * lookFps;
  return Math.abs(looks - Math.round(looks)) < 1e-4;
}
