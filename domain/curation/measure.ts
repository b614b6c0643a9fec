import type { EvidenceRecord, QuestionRecord, TrajectoryRecord } from '../data/records.js';
import type { Box01 } from '../world/records.js';
import { iou } from './boxes.js';
import type { FoundPlace } from './records.js';
import { similarityTo, wantedOf } from './similarity.js';

/** How well matching and boxes agree with the evidence that the questions bring. */
export interface TruthMeasure {
  /** Questions with evidence. */
  readonly questions: number;
  /** Of those, whose answer is written somewhere: what matching should find. */
  readonly written: number;
  readonly found: number;
  /** Found at a time and place of the evidence. */
  readonly right: number;
  /** right / found; null where nothing was found. */
  readonly precision: number | null;
  /** right / written; null where nothing is written. */
  readonly recall: number | null;
  /** Accepted trajectories of these questions that crop, and those whose last crop has IoU ≥ 0.5 with the evidence. */
  readonly cropped: number;
  readonly boxesRight: number;
  /** boxesRight / cropped; null where there are none. */
  readonly boxShare: number | null;
}

/** Overlap from which a found text is the evidence's: OCR boxes hug letters, truth boxes may not. */
const FOUND_IOU = 0.3;
const BOX_IOU = 0.5;

/** Measures what was found against the truth; null where no question brings any. */
export function measureTruth(
  questions: readonly QuestionRecord[],
  found: readonly FoundPlace[],
  accepted: readonly TrajectoryRecord[],
  fps: number,
): TruthMeasure | null {
  const known = questions.filter(({ evidence }) => evidence !== undefined && evidence.length > 0);
  if (known.length === 0) return null;
  const byId = new Map(known.map((question) => [question.id, question]));
  const written = known.filter((question) => evidenceOfAnswer(question).length > 0);
  const ours = found.filter(({ questionId }) => byId.has(questionId));
  const right = ours.filter((place) => {
    const question = byId.get(place.questionId)!;
    const sec = (place.frame - 1) / fps;
    return evidenceOfAnswer(question).some((one) => {
      const box = boxAt(one, sec);
      return box !== null && iou(box, place.box01) >= FOUND_IOU;
    });
  });
  const crops = accepted.flatMap((trajectory) => {
    const question = byId.get(trajectory.questionId ?? '');
    const crop = trajectory.turns.findLast(({ action }) => action.tool === 'crop')?.action;
    return question === undefined || crop?.tool !== 'crop' ? [] : [{ question, crop, fps: trajectory.fps }];
  });
  const boxesRight = crops.filter(({ question, crop, fps: rate }) =>
    evidenceOfAnswer(question).some((one) => {
      const box = boxAt(one, (crop.targetFrame - 1) / rate);
      return box !== null && iou(box, crop.bbox01) >= BOX_IOU;
    }),
  );
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  return {
    questions: known.length,
    written: written.length,
    found: ours.length,
    right: right.length,
    precision: share(right.length, ours.length),
    recall: share(right.length, written.length),
    cropped: crops.length,
    boxesRight: boxesRight.length,
    boxShare: share(boxesRight.length, crops.length),
  };
}

/** Evidence that shows the answer itself: where all of its texts together are one answer, none alone is. */
function evidenceOfAnswer({ answers, evidence = [] }: QuestionRecord): readonly EvidenceRecord[] {
  const wanted = answers.map(wantedOf);
  return evidence.filter(
    ({ text }) => text !== undefined && wanted.some((one) => similarityTo(one, text) === 1),
  );
}

/** The evidence's box at a time; null outside its interval. */
function boxAt({ startSec, endSec, boxes }: EvidenceRecord, sec: number): Box01 | null {
  // A sampled frame may stand on the very edge of an interval that was written with few digits.
  if (sec < startSec - 1e-6 || sec >= endSec - 1e-6 || boxes.length === 0) return null;
  const at = boxes.findLast((box) => box.sec <= sec + 1e-6) ?? boxes[0]!;
  return at.box01;
}
