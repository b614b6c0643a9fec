import type { EvidenceRecord, QuestionRecord, VideoOcr } from '../data/records.js';
import type { Box01, Split } from '../world/records.js';

/** Rate at which M4-ViteVQA's side files and ViTXT-GQA's boxes number frames: frame i (from 1) is at (i − 1)/10 seconds. */
export const M4_FPS = 10;

export interface M4Video {
  /** As `video_id`: digits, such as `00017`. */
  readonly id: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** One entry of an annotation file; M4-ViteVQA 0.0.2, https://github.com/bytedance/VTVQA. */
export interface M4Question {
  readonly question: string;
  readonly source1: 'Single frame' | 'Multi frame';
  readonly source2: 'Text' | 'Visual';
  readonly video_id: string;
  readonly answers: readonly string[];
  readonly video_width: number;
  readonly video_height: number;
  readonly question_id: number;
}

/** What one question turns into: its entry, and where its answer stands, in the form of ViTXT-GQA. */
export interface M4Written {
  readonly entry: M4Question;
  readonly evidence: {
    readonly question_id: number;
    readonly video_id: string;
    readonly question: string;
    readonly answers: readonly string[];
    readonly spatial_temporal_gt: readonly {
      readonly temporal_gt: readonly [number, number];
      /** Pixels, by the number of the frame at 10 frames a second. */
      readonly bbox_gt: Readonly<Record<string, PixelBox>>;
    }[];
  };
}

type PixelBox = readonly [x1: number, y1: number, x2: number, y2: number];

/** The annotation file's name and head: `t1s1train`, `t1s1val`, `t1s1test`. */
export function m4Annotation(
  split: Split,
  data: readonly M4Question[],
): { readonly file: string; readonly content: unknown } {
  const type = `t1s1${split === 'validation' ? 'val' : split}`;
  const content = { dataset_type: type, dataset_name: 'ruminate-town', dataset_version: '0.0.2', data };
  return { file: `ViteVQA_0.0.2_${type}.json`, content };
}

/** A question in the M4-ViteVQA form. A choice is written into the question, which has no other place for it. */
export function m4Question(record: QuestionRecord, video: M4Video, questionId: number): M4Written {
  const { evidence = [], options, answers } = record;
  const question = options === undefined ? record.question : `${record.question} (${options.join(', ')})`;
  const shared = { question, video_id: video.id, answers: answers.slice(0, 5), question_id: questionId };
  const spans = new Set(evidence.map(({ startSec, endSec }) => `${startSec} ${endSec}`));
  const hasText = evidence.some(({ text }) => text !== undefined);
  const moves = evidence.some(({ boxes }) => boxes.length > 1) && record.task === 'scroll';
  return {
    entry: {
      question,
      source1: spans.size > 1 || moves ? 'Multi frame' : 'Single frame',
      source2: hasText ? 'Text' : 'Visual',
      video_id: video.id,
      answers: shared.answers,
      video_width: video.widthPx,
      video_height: video.heightPx,
      question_id: questionId,
    },
    evidence: {
      ...shared,
      spatial_temporal_gt: evidence.map((one) => ({
        temporal_gt: [one.startSec, one.endSec],
        bbox_gt: boxesAt(one, video),
      })),
    },
  };
}

/** The side file of a video: every frame at 10 frames a second with its words, corners clockwise from the top left. */
export function m4Ocr(
  ocr: VideoOcr,
  video: M4Video,
): Readonly<Record<string, readonly { readonly ocr: string; readonly points: readonly number[] }[]>> {
  return Object.fromEntries(
    ocr.frames.map(({ frame, words }) => [
      String(frame),
      words.map(({ text, box01 }) => {
        const [x1, y1, x2, y2] = inPixels(box01, video);
        return { ocr: text, points: [x1, y1, x2, y1, x2, y2, x1, y2] };
      }),
    ]),
  );
}

function boxesAt({ startSec, endSec, boxes }: EvidenceRecord, video: M4Video): Record<string, PixelBox> {
  const found: Record<string, PixelBox> = {};
  const first = Math.ceil(startSec * M4_FPS - 1e-6);
  for (let frame = first; frame / M4_FPS < endSec - 1e-6; frame++) {
    const held = boxes.filter(({ sec }) => sec <= frame / M4_FPS + 1e-6).at(-1);
    if (held !== undefined) found[String(frame + 1)] = inPixels(held.box01, video);
  }
  return found;
}

function inPixels([x1, y1, x2, y2]: Box01, { widthPx, heightPx }: M4Video): PixelBox {
  const round = (value: number): number => Math.round(value * 100) / 100;
  return [round(x1 * widthPx), round(y1 * heightPx), round(x2 * widthPx), round(y2 * heightPx)];
}
