import type { RandomStream } from './seeds.js';
import type { Action } from './trajectory.js';
import type { Box01, Evidence, Question, TruthScene, VideoTruth } from './world/records.js';
import { KINDS, ROWS } from './world/vocabulary.js';

/** What a demonstration does in one turn, and how much of it is to be imitated. */
export interface DemonstratedTurn {
  readonly action: Action;
  /** `all` tokens, only the choice of tool and frame (the box was moved), or `none` (given, to be read from). */
  readonly imitate: 'all' | 'choice' | 'none';
  /** What stands in the slot in place of the action, when a look is only given. */
  readonly say?: Action;
}

export interface Demonstration {
  readonly question: string;
  /** Choices of a multiple-choice question; the small world has none. */
  readonly options?: readonly string[];
  readonly video: string;
  readonly turns: readonly DemonstratedTurn[];
  /** 1-based frames that the question asks about. */
  readonly asked: readonly number[];
}

/** Margins around a text's tight box, in shares of the frame (8 px and 4.5 px at 256 × 144): half a bin of the compact codec. */
const MARGIN_X01 = 1 / 32;
const MARGIN_Y01 = 1 / 32;

/** The looks that the evidence prescribes, in order, then the answer. */
export function demonstrate(question: Question, noise: BoxNoise): Demonstration {
  const looks = question.evidence.map((evidence): DemonstratedTurn => look(evidence, noise));
  return {
    question: question.question,
    video: question.video,
    turns: [...looks, { action: answerOf(question), imitate: 'all' }],
    asked: question.evidence.map(({ frame }) => frame),
  };
}

/** The answer at once, from the overview: the baseline that never looks. */
export function demonstrateDirect(question: Question): Demonstration {
  const { options } = question;
  return {
    question: question.question,
    ...(options ? { options } : {}),
    video: question.video,
    turns: [{ action: answerOf(question), imitate: 'all' }],
    asked: question.evidence.map(({ frame }) => frame),
  };
}

/** A given crop of a random text, to be read aloud: only the answer is imitated. */
export function demonstrateReading(truth: VideoTruth, random: RandomStream, noise: BoxNoise): Demonstration {
  const scenes = truth.scenes.filter(({ items }) => items.length > 0);
  const scene = random.pick(scenes);
  const row = random.int(0, scene.items.length);
  const item = scene.items[row]!;
  const words = scene.items.length === 1 ? scene.kind : `${ROWS[row] ?? ''} ${scene.kind}`;
  const { action } = look(evidenceOf('crop', scene, item.box01, item.text), noise);
  return {
    question: `read ${words}`,
    video: truth.video,
    turns: [
      { action, imitate: 'none' },
      { action: { tool: 'answer', text: item.text }, imitate: 'all' },
    ],
    asked: [scene.frame],
  };
}

/**
 * Several given looks at random texts, symbols, dots and marks of one video, each said aloud in the slot after it:
 * what a base learns to see with. The question asks of something else and is there to be listened to, not answered.
 */
export function demonstrateSeeing(
  truth: VideoTruth,
  question: Question,
  looks: number,
  random: RandomStream,
  noise: BoxNoise,
): Demonstration {
  const seen = Array.from({ length: looks }, () => anythingOf(truth, random));
  const turns = seen.map((evidence, i): DemonstratedTurn => {
    const { action } = look(evidence, noise);
    return i === 0 ? { action, imitate: 'none' } : { action, say: sayOf(seen[i - 1]!), imitate: 'all' };
  });
  return {
    question: question.question,
    video: truth.video,
    turns: [...turns, { action: sayOf(seen.at(-1)!), imitate: 'all' }],
    asked: question.evidence.map(({ frame }) => frame),
  };
}

/** Share of given looks that are clips. */
const CLIP_SHARE = 0.4;

function anythingOf(truth: VideoTruth, random: RandomStream): Evidence {
  if (random.float() < CLIP_SHARE) {
    const scene = random.pick(truth.scenes.filter(showsSomething));
    return evidenceOf('clip', scene, WHOLE, inWords(scene));
  }
  const scene = random.pick(truth.scenes.filter(({ items }) => items.length > 0));
  const item = random.pick(scene.items);
  return evidenceOf('crop', scene, item.box01, item.text);
}

const WHOLE: Box01 = [0, 0, 1, 1];

function showsSomething({ symbol, dots, items }: TruthScene): boolean {
  return symbol !== null || dots !== null || items.some(({ mark }) => mark !== null);
}

/** What a clip shows apart from text: its symbol's name, its number of dots, or its marks' initials from the top. */
function inWords({ symbol, dots, items }: TruthScene): string {
  if (symbol !== null) return symbol.name;
  if (dots !== null) return String(dots.count);
  return items.map(({ mark }) => mark?.[0] ?? '').join('');
}

function evidenceOf(tool: 'clip' | 'crop', { frame }: TruthScene, box01: Box01, text: string): Evidence {
  return { tool, frame, startSec: frame - 1, endSec: frame, box01, text };
}

function sayOf(evidence: Evidence): Action {
  return { tool: 'answer', text: evidence.text.toUpperCase() };
}

/** How demonstrated boxes are moved. Moved boxes are read from, not imitated. */
export interface BoxNoise {
  readonly random: RandomStream;
  /** Largest shift of an edge, as a share of the box's height in pixels of a 16:9 frame. */
  readonly size: number;
  /** Share of the boxes that are moved. */
  readonly share: number;
}

/** A text's box with its margins: what a good crop shows. */
export function goodBox(box01: Box01): Box01 {
  const [x1, y1, x2, y2] = box01;
  return [clip01(x1 - MARGIN_X01), clip01(y1 - MARGIN_Y01), clip01(x2 + MARGIN_X01), clip01(y2 + MARGIN_Y01)];
}

/** 0-based position of a scene's kind in the vocabulary. */
export function kindIndex(kind: string): number {
  return (KINDS as readonly string[]).indexOf(kind);
}

function look(evidence: Evidence, noise: BoxNoise): DemonstratedTurn {
  if (evidence.tool === 'clip')
    return { action: { tool: 'clip', targetFrames: [evidence.frame] }, imitate: 'all' };
  const good = goodBox(evidence.box01);
  const moved = noise.random.float() < noise.share;
  const bbox01 = moved ? moveBox(good, noise) : good;
  return { action: { tool: 'crop', targetFrame: evidence.frame, bbox01 }, imitate: moved ? 'choice' : 'all' };
}

function moveBox([x1, y1, x2, y2]: Box01, { random, size }: BoxNoise): Box01 {
  const reach = size * (y2 - y1);
  const shift = (scale: number): number => (2 * random.float() - 1) * reach * scale;
  // The same pixels on both axes: a frame is 16:9.
  const across = 9 / 16;
  return [
    clip01(x1 + shift(across)),
    clip01(y1 + shift(1)),
    clip01(x2 + shift(across)),
    clip01(y2 + shift(1)),
  ];
}

function answerOf(question: Question): Action {
  return { tool: 'answer', text: question.answers[0] ?? '' };
}

function clip01(x: number): number {
  return Math.min(1, Math.max(0, x));
}
