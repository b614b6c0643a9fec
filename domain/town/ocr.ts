import type { OcrWord, VideoOcr } from '../data/records.js';
import type { TownTruth, TruthText, View } from './records.js';

/** What a perfect reader reads: every word of every text that is neither cut nor covered, at `fps` frames a second. */
export function perfectOcr(truth: TownTruth, fps: number): VideoOcr {
  const count = Math.max(1, Math.ceil(truth.durationSec * fps - 1e-6));
  const frames = Array.from({ length: count }, (_, index) => {
    const sec = index / fps;
    const scene = truth.scenes.find((one) => sec >= one.startSec - 1e-6 && sec < one.endSec - 1e-6);
    const lines = (scene?.texts ?? []).flatMap((text) => {
      const view = viewAt(text, sec, truth.fps);
      return view === null ? [] : [wordsIn(text, view)];
    });
    const words = lines.flatMap((line, number) => line.map((word) => ({ ...word, line: number })));
    return { frame: index + 1, words };
  });
  return { version: 1, video: truth.video, fps, by: 'town truth', frames };
}

/** The view in the encoded frame that is on screen at `sec`. */
export function viewAt(text: TruthText, sec: number, encodedFps: number): View | null {
  const frame = Math.floor(sec * encodedFps + 1e-6);
  return text.views.find((view) => Math.round(view.sec * encodedFps) === frame) ?? null;
}

function wordsIn(text: TruthText, view: View): readonly Omit<OcrWord, 'line'>[] {
  if (view.clear01 < 0.98) return [];
  const [x1, y1, x2, y2] = view.box01;
  const [from, to] = view.span01 ?? [0, 1];
  const round = (value: number): number => Math.round(value * 10_000) / 10_000;
  return text.text.split(/\s+/).flatMap((word, index) => {
    const [left, right] = text.words[index] ?? [0, 1];
    if (left < from - 0.002 || right > to + 0.002) return [];
    const at = (share: number): number =>
      round(Math.min(x2, Math.max(x1, x1 + ((share - from) / (to - from)) * (x2 - x1))));
    return [{ text: word, box01: [at(left), y1, at(right), y2] as const, confidence: 1 }];
  });
}
