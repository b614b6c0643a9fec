import type { Picture, VideoReader } from '../../../activities/ports.js';
import type { EvidenceRecord } from '../../../domain/data/records.js';
import type { Box01 } from '../../../domain/world/records.js';
import { framesAt } from '../../video/clock.js';
import type { Shown } from './questions.js';

/** Frames that an overview shows at most, and pieces of evidence that a sheet shows of a question. */
const MOST_FRAMES = 24;
const MOST_EVIDENCE = 4;

/** A frame on which evidence can be seen. */
export interface Sight {
  readonly sec: number;
  readonly picture: Picture;
  readonly box01: Box01 | null;
  readonly text: string | null;
}

/** What a contact sheet shows of one question. */
export interface Views {
  readonly shown: Shown;
  readonly overview: readonly { readonly sec: number; readonly picture: Picture }[];
  readonly sights: readonly Sight[];
}

/** Reads a video's overview at the look rate (thinned out where it is long) and a frame for each piece of evidence. */
export async function viewsOf(
  reader: VideoReader,
  shown: Shown,
  lookFps: number,
  signal?: AbortSignal,
): Promise<Views> {
  const { durationSec } = await reader.probe(shown.file, signal);
  const stop = signal === undefined ? {} : { signal };
  const total = framesAt(durationSec, lookFps);
  const step = Math.ceil(total / MOST_FRAMES);
  const indices = Array.from({ length: Math.ceil(total / step) }, (_, at) => 1 + at * step);
  const pictures = await reader.frames(shown.file, { fps: lookFps, indices, channels: 3, ...stop });
  const overview = indices.flatMap((index, at) => {
    const picture = pictures[at];
    return picture === undefined ? [] : [{ sec: (index - 1) / lookFps, picture }];
  });
  const sights: Sight[] = [];
  for (const evidence of shown.evidence.slice(0, MOST_EVIDENCE)) {
    const { sec, fps } = momentOf(evidence, lookFps);
    const index = Math.round(sec * fps) + 1;
    const [picture] = await reader.frames(shown.file, { fps, indices: [index], channels: 3, ...stop });
    if (picture === undefined) continue;
    const box01 = evidence.boxes.filter((box) => box.sec <= sec + 1e-6).at(-1)?.box01 ?? null;
    sights.push({ sec, picture, box01, text: evidence.text ?? null });
  }
  return { shown, overview, sights };
}

/** A sampled frame within the evidence's time, the middle one; where none falls into it, its first thirtieth of a second. */
function momentOf({ startSec, endSec }: EvidenceRecord, lookFps: number): { sec: number; fps: number } {
  const first = Math.ceil(startSec * lookFps - 1e-6);
  const last = Math.ceil(endSec * lookFps - 1e-6) - 1;
  if (last >= first) return { sec: Math.floor((first + last) / 2) / lookFps, fps: lookFps };
  return { sec: Math.ceil(startSec * 30 - 1e-6) / 30, fps: 30 };
}
