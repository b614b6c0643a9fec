import type { EvidenceRecord } from '../data/records.js';
import { boxOfPixels, pixelsOf } from './boxes.js';
import { RowRefusal } from './refusal.js';
import { Row, shown } from './row.js';

/**
 * ViTXT-GQA, where the answers of M4-ViteVQA's questions stand:
 * ```
 * [{"question_id": 12393, "video_id": "02669", "fps": 10.0, "frames": 61, "duration": 6.1, "height": 1080, "width": 1920,
 *   "spatial_temporal_gt": [{"temporal_gt": [5.1, 5.2],
 *                            "bbox_gt": {"51": [799.2, 271.7, 858.1, 326.0], "52": [881.6, 295.1, 928.6, 357.9]}}]}]
 * ```
 * From zhousheng97/ViTXT-GQA, README.md (its scripts under tools/analysis read the list from a member `data`): frames
 * count from 0 at 10 a second, boxes are pixels, the last frame of an interval belongs to it.
 */
export const VITXT = 'vitxt-gqa';
const FPS = 10;

/** What one entry says of one question of one video. */
export interface Grounding {
  readonly questionId: number;
  readonly videoId: string;
  readonly evidence: readonly EvidenceRecord[];
}

export function groundingOf(value: unknown): Grounding {
  const row = new Row(value);
  const fps = row.has('fps') ? row.number('fps') : FPS;
  if (!(fps > 0)) throw new RowRefusal('bad-value', `expected "fps" to be above 0, got ${fps}`);
  const size = { widthPx: row.whole('width', 1), heightPx: row.whole('height', 1) };
  const durationSec = row.has('duration') ? row.number('duration') : Infinity;
  const evidence = row.objects('spatial_temporal_gt').map((span) => spanOf(span, fps, durationSec, size));
  return { questionId: row.whole('question_id', 0), videoId: row.name('video_id'), evidence };
}

/** Half-open: the last frame is on screen until the next one would be. */
function spanOf(
  span: Row,
  fps: number,
  durationSec: number,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): EvidenceRecord {
  const [from, to] = span.list('temporal_gt');
  if (typeof from !== 'number' || typeof to !== 'number')
    throw new RowRefusal('wrong-type', `expected "temporal_gt" to be two times, got ${shown([from, to])}`);
  if (!(from >= 0 && from <= to && from < durationSec + 1 / fps))
    throw new RowRefusal(
      'time-outside',
      `expected "temporal_gt" to ascend within the video's ${durationSec} s, got ${from} to ${to}`,
    );
  const boxes = span.object('bbox_gt');
  const frames = Object.keys(boxes.rest()).map((name) => {
    if (!/^\d+$/.test(name))
      throw new RowRefusal(
        'bad-value',
        `expected frames of "bbox_gt" that count from 0, got ${JSON.stringify(name)}`,
      );
    const box = boxes.list(name);
    if (box.length !== 4 || !box.every((edge) => typeof edge === 'number'))
      throw new RowRefusal(
        'wrong-type',
        `expected frame ${name} of "bbox_gt" to be four numbers, got ${shown(box)}`,
      );
    return {
      sec: Number(name) / fps,
      box01: boxOfPixels(box as [number, number, number, number], widthPx, heightPx),
    };
  });
  frames.sort((a, b) => a.sec - b.sec);
  return { startSec: from, endSec: (Math.round(to * fps) + 1) / fps, boxes: frames };
}

/** What an entry needs to know beside the evidence itself. */
export interface GroundedQuestion {
  readonly questionId: number;
  readonly videoId: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly evidence: readonly EvidenceRecord[];
  readonly widthPx: number;
  readonly heightPx: number;
  readonly durationSec: number;
}

/**
 * An entry that `groundingOf` reads back, as well as ten frames a second can say it: an interval begins with its first whole
 * frame, a box is written for every frame of it, and texts have no place.
 */
export function groundingEntry(one: GroundedQuestion): Readonly<Record<string, unknown>> {
  return {
    question_id: one.questionId,
    video_id: one.videoId,
    question: one.question,
    answers: one.answers,
    fps: FPS,
    frames: Math.ceil(one.durationSec * FPS),
    duration: one.durationSec,
    height: one.heightPx,
    width: one.widthPx,
    spatial_temporal_gt: one.evidence.map((span) => spanEntry(span, one)),
  };
}

function spanEntry(
  { startSec, endSec, boxes }: EvidenceRecord,
  { widthPx, heightPx }: GroundedQuestion,
): Readonly<Record<string, unknown>> {
  const first = Math.ceil(startSec * FPS - SLACK_FRAMES);
  const last = Math.max(first, Math.ceil(endSec * FPS - SLACK_FRAMES) - 1);
  const at = Array.from({ length: last - first + 1 }, (_, i) => first + i).flatMap((frame) => {
    const held = boxes.filter(({ sec }) => sec * FPS <= frame + SLACK_FRAMES).at(-1);
    if (held === undefined) return [];
    const [x1, y1, x2, y2] = held.box01;
    const box = [
      pixelsOf(x1, widthPx),
      pixelsOf(y1, heightPx),
      pixelsOf(x2, widthPx),
      pixelsOf(y2, heightPx),
    ];
    return [[String(frame), box] as const];
  });
  return { temporal_gt: [first / FPS, last / FPS], bbox_gt: Object.fromEntries(at) };
}

/** Rounding of times that are tenths of a second. */
const SLACK_FRAMES = 1e-5;
