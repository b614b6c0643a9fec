import type { FrameText, ReadWord, VideoText } from '../../../domain/curation/records.js';
import type { QuestionRecord } from '../../../domain/data/records.js';
import type { Box01 } from '../../../domain/world/records.js';

export function word(text: string, box01: Box01, confidence: number | null = 0.9): ReadWord {
  return { text, box01, confidence, line: 0, sharpness: null };
}

export function frameOf(frame: number, words: readonly ReadWord[]): FrameText {
  return { frame, words };
}

/** Text of a 1280 × 720 video that has as many frames as the last one given. */
export function textOf(frames: readonly (readonly [number, readonly ReadWord[]])[]): VideoText {
  return {
    version: 1,
    video: 'videos/a.mp4',
    widthPx: 1280,
    heightPx: 720,
    fps: 1,
    total: frames.at(-1)?.[0] ?? 1,
    by: 'a test',
    frames: frames.map(([frame, words]) => frameOf(frame, words)),
    framesRead: frames.length,
    dropped: {},
  };
}

export function question(given: Partial<QuestionRecord> = {}): QuestionRecord {
  return { id: 'q1', video: 'videos/a.mp4', question: 'What is it?', answers: ['Brightwater'], ...given };
}
