import type { Provenance, TrajectoryRecord, TrajectoryTurn } from '../data/records.js';
import { stream, type RandomStream } from '../seeds.js';
import type { Box01 } from '../world/records.js';
import { around, grown, iou } from './boxes.js';
import { linesOf } from './lines.js';
import type { Hit, Match, VideoText } from './records.js';
import type { BoundPx, CurationSettings, SynthesisStyle } from './settings.js';
import { similarityTo, wantedOf } from './similarity.js';
import { thought } from './templates.js';

type Matched = Extract<Match, { kind: 'matched' }>;

/** What a template works with. */
interface Material {
  readonly match: Matched;
  readonly text: VideoText;
  readonly settings: Pick<CurationSettings, 'pictures' | 'synthesis'>;
  readonly random: RandomStream;
}

/**
 * Trajectories of one matched question, one for each style that suits it: crop only, or clip only where the text is large
 * enough; and clip and crop interleaved where a clip alone would not do. Quality control has the last word on both.
 */
export function synthesize(
  match: Matched,
  text: VideoText,
  settings: Pick<CurationSettings, 'pictures' | 'synthesis'>,
  provenance: Provenance,
): readonly TrajectoryRecord[] {
  const { question } = match;
  const readable = isLegibleInClip(match.place.clearest, text, settings);
  return settings.synthesis.styles.flatMap((style) => {
    if (style === 'crp' && (readable || settings.synthesis.maxLooks < 2)) return [];
    const random = stream(settings.synthesis.seed, 'curation', question.id, style);
    const material = { match, text, settings, random };
    const turns =
      style === 'crp' ? compositional(material) : readable ? clipOnly(material) : cropOnly(material);
    return [
      {
        id: trajectoryId(question.id, style),
        video: question.video,
        question: question.question,
        questionId: question.id,
        answers: question.answers,
        style,
        fps: text.fps,
        turns: [...turns, answerTurn(material)],
        provenance,
      },
    ];
  });
}

export function trajectoryId(questionId: string, style: SynthesisStyle): string {
  return `${questionId}/${style}`;
}

function clipOnly(material: Material): readonly TrajectoryTurn[] {
  return [clipTurn(material, 'clipFirst', material.match.place.clearest, true)];
}

function cropOnly(material: Material): readonly TrajectoryTurn[] {
  return [cropTurn(material, 'cropFirst')];
}

/** Clip, then crop; at times with a wrong look before the one or the other, or before both where there is room. */
function compositional(material: Material): readonly TrajectoryTurn[] {
  const { match, settings, random } = material;
  const { maxLooks, recoverShare } = settings.synthesis;
  const recovers = maxLooks >= 3 && random.float() < recoverShare;
  const elsewhere = recovers ? otherFrame(material) : null;
  const other = recovers ? otherText(material) : null;
  const both = elsewhere !== null && other !== null && maxLooks >= 4 && random.float() < 0.25;
  const wrongClipFirst = elsewhere !== null && (both || other === null || random.float() < 0.5);
  const wrongCrop = other !== null && (both || !wrongClipFirst) ? other : null;
  const right = match.place.clearest;
  return [
    ...(wrongClipFirst ? [wrongClip(material, elsewhere)] : []),
    clipTurn(material, wrongClipFirst ? 'clipAgain' : 'clipFirst', right, false),
    ...(wrongCrop === null ? [] : [wrongCropTurn(material, wrongCrop)]),
    cropTurn(
      material,
      wrongCrop === null ? 'cropAfterClip' : wrongCrop.text === '' ? 'cropAgainUnread' : 'cropAgain',
      wrongCrop?.text,
    ),
  ];
}

function clipTurn(
  { match, text, random }: Material,
  moment: 'clipFirst' | 'clipAgain',
  hit: Hit,
  shows: boolean,
): TrajectoryTurn {
  const seen = match.place.hits.map(({ frame }) => frame).filter((frame) => Math.abs(frame - hit.frame) <= 2);
  const more = random.shuffle(seen.filter((frame) => frame !== hit.frame)).slice(0, random.int(0, 3));
  return {
    thought: thought(moment, random, { ...hit, sec: secOf(hit.frame, text) }),
    action: { tool: 'clip', targetFrames: [...new Set([hit.frame, ...more])].sort((a, b) => a - b) },
    reads: shows ? [{ text: hit.text, frame: hit.frame, box01: hit.box01 }] : [],
  };
}

function cropTurn(
  { match, text, settings, random }: Material,
  moment: 'cropFirst' | 'cropAfterClip' | 'cropAgain' | 'cropAgainUnread',
  before?: string,
): TrajectoryTurn {
  const hit = match.place.clearest;
  const { frame } = hit;
  const bbox01 = cropBox(hit.box01, text, settings.synthesis.margin);
  return {
    thought: thought(moment, random, {
      ...hit,
      sec: secOf(frame, text),
      ...(before === undefined ? {} : { text: before }),
    }),
    action: { tool: 'crop', targetFrame: frame, bbox01 },
    reads: [{ text: hit.text, frame, box01: hit.box01 }],
  };
}

function wrongClip({ text, random }: Material, frame: number): TrajectoryTurn {
  const whole: Box01 = [0, 0, 1, 1];
  return {
    thought: thought('clipWrong', random, { frame, sec: secOf(frame, text), box01: whole }),
    action: { tool: 'clip', targetFrames: [frame] },
    reads: [],
  };
}

interface OtherText {
  readonly frame: number;
  readonly text: string;
  readonly box01: Box01;
}

function wrongCropTurn({ text, settings, random }: Material, other: OtherText): TrajectoryTurn {
  const { frame, box01 } = other;
  return {
    thought: thought('cropWrong', random, { ...other, sec: secOf(frame, text) }),
    action: { tool: 'crop', targetFrame: frame, bbox01: cropBox(box01, text, settings.synthesis.margin) },
    reads: other.text === '' ? [] : [{ text: other.text, frame, box01 }],
  };
}

function answerTurn({ match, random, text }: Material): TrajectoryTurn {
  const hit = match.place.clearest;
  return {
    thought: thought('answer', random, { ...hit, sec: secOf(hit.frame, text) }),
    action: { tool: 'answer', text: match.answer },
  };
}

/** A frame well away from every view of the answer; null where the video has none. */
function otherFrame({ match, text, random }: Material): number | null {
  const seen = match.place.hits.map(({ frame }) => frame);
  const away = text.frames
    .map(({ frame }) => frame)
    .filter((frame) => seen.every((hit) => Math.abs(hit - frame) > 1));
  return away.length === 0 ? null : random.pick(away);
}

/** Another line of text in the frame of the answer, apart from it; null where there is none. */
function otherText({ match, text, settings, random }: Material): OtherText | null {
  const { clearest } = match.place;
  const words = text.frames.find(({ frame }) => frame === clearest.frame)?.words ?? [];
  const wanted = match.question.answers.map(wantedOf);
  const lines = linesOf(words, text.widthPx / text.heightPx)
    .map((line) => ({
      frame: clearest.frame,
      text: line.map((at) => words[at]!.text).join(' '),
      box01: around(line.map((at) => words[at]!.box01)),
      sure: line.every((at) => (words[at]!.confidence ?? 1) >= 0.7),
    }))
    .filter(({ text: said, box01, sure }) => {
      const crop = cropBox(box01, text, settings.synthesis.margin);
      return (
        sure &&
        /\p{L}{3}|\d{2}/u.test(said) &&
        iou(crop, cropBox(clearest.box01, text, settings.synthesis.margin)) === 0 &&
        wanted.every((one) => similarityTo(one, said) < 0.5)
      );
    });
  if (lines.length === 0) return null;
  const { frame, text: said, box01 } = random.pick(lines);
  return { frame, text: said, box01 };
}

/** A text's box with its margin on all sides, the same number of pixels across and down. */
function cropBox(box01: Box01, { widthPx, heightPx }: VideoText, margin: number): Box01 {
  const marginPx = margin * (box01[3] - box01[1]) * heightPx;
  return grown(box01, marginPx / widthPx, marginPx / heightPx);
}

function isLegibleInClip(
  { box01 }: Hit,
  text: VideoText,
  { pictures, synthesis }: Material['settings'],
): boolean {
  const { heightPx } = fitted(text, pictures.clip);
  return (box01[3] - box01[1]) * heightPx >= synthesis.legibleHeightPx;
}

/** The size at which a picture fits into a bound: aspect kept, never enlarged, at least one pixel. */
export function fitted(size: BoundPx, bound: BoundPx): BoundPx {
  const scale = Math.min(1, bound.widthPx / size.widthPx, bound.heightPx / size.heightPx);
  return {
    widthPx: Math.max(1, Math.round(size.widthPx * scale)),
    heightPx: Math.max(1, Math.round(size.heightPx * scale)),
  };
}

function secOf(frame: number, { fps }: VideoText): number {
  return (frame - 1) / fps;
}
