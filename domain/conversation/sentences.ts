import { counted } from '../counted.js';
import type { Looked, ShownPicture, VideoFacts } from './records.js';

/** `83.5` → `1:23.5`; hours only where there are any. */
export function clockTime(sec: number): string {
  const tenths = Math.round(sec * 10);
  const [hours, minutes] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60];
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** What stands before each picture: its frame, time and size. */
export function pictureLabel({ frame, sec, box01, widthPx, heightPx }: ShownPicture): string {
  const what =
    box01 === null ? `Frame ${frame}` : `Frame ${frame}, box [${box01.map(shortNumber).join(', ')}]`;
  return `${what}, at ${clockTime(sec)}, ${widthPx}×${heightPx} pixels:`;
}

/** What a model is told of its call: numbers and sizes, and how often it may still look. */
export function observationText(looked: Looked, left: number): string {
  const more = left === 0 ? 'No look is left.' : `You may look ${counted(left, 'more time')}.`;
  if (looked.kind === 'refused') return `Refused: ${looked.reason} ${more}`;
  const { call, pictures } = looked;
  const first = pictures[0];
  if (call.tool === 'crop' && first !== undefined) {
    const { native } = first;
    return `crop: frame ${first.frame} at ${clockTime(first.sec)}; the box covers ${native.widthPx}×${native.heightPx} pixels of the video, shown as ${first.widthPx}×${first.heightPx}. ${more}`;
  }
  const frames = pictures.map(({ frame, sec }) => `${frame} (${clockTime(sec)})`).join(', ');
  return `${call.tool}: ${pictures.length === 1 ? 'frame' : 'frames'} ${frames}${first === undefined ? '' : `, each ${first.widthPx}×${first.heightPx} pixels`}. ${more}`;
}

/** What a video is, in one sentence. */
export function videoText({ durationSec, frames, fps, widthPx, heightPx }: VideoFacts): string {
  return `${durationSec.toFixed(1)} s, ${widthPx}×${heightPx} pixels, ${frames} frames at ${shortNumber(fps)} a second`;
}

/** At most three decimals. */
export function shortNumber(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
