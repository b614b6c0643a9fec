import type { OcrWord, TrajectoryRecord } from '../data/records.js';
import { normaliseAnswer } from '../metrics/m4vitevqa.js';
import type { ToolCall } from '../tools/contract.js';
import { refusalOf } from '../tools/validate.js';
import { hitsIn } from './hits.js';
import { REASONS, type Reason } from './reasons.js';
import type { CheckSettings } from './settings.js';
import { wantedOf } from './similarity.js';

/** What OCR reads in one picture, as large as it was shown. */
export interface ReadPicture {
  readonly frame: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly words: readonly OcrWord[];
}

export interface Verdict {
  readonly reason: Reason;
  readonly why: string;
}

/** Runs the calls of a trajectory and reads their pictures; each is asked for once. */
export interface Replay {
  /** Sampled frames of the video. */
  readonly frames: number;
  overview(): Promise<readonly ReadPicture[]>;
  look(call: ToolCall): Promise<readonly ReadPicture[]>;
}

/**
 * What is wrong with a trajectory, or null: its calls must be executable, its answer a true one, and legible in what it
 * looked at last and nowhere before. The first cause wins.
 */
export async function judge(
  trajectory: TrajectoryRecord,
  replay: Replay,
  settings: CheckSettings,
): Promise<Verdict | null> {
  const last = trajectory.turns.at(-1)?.action;
  if (last?.tool !== 'answer') return verdict('no-answer', `its last turn calls ${last?.tool ?? 'nothing'}`);
  const calls: ToolCall[] = [];
  for (const [i, { action }] of trajectory.turns.slice(0, -1).entries()) {
    if (action.tool === 'answer') return verdict('no-answer', `turn ${i + 1} answers, and others follow`);
    calls.push(action);
  }
  if (calls.length === 0) return verdict('no-look', REASONS['no-look']);
  const said = normaliseAnswer(last.text);
  if (!trajectory.answers.some((answer) => normaliseAnswer(answer) === said))
    return verdict('wrong-answer', `"${last.text}" is none of "${trajectory.answers.join('", "')}"`);
  for (const call of calls) {
    const refusal = refusalOf(call, replay.frames);
    if (refusal !== null) return verdict('refused-by-tool', refusal);
  }

  const before = legibleIn(await replay.overview(), trajectory.answers, settings);
  if (before !== null)
    return verdict(
      'legible-in-overview',
      `"${before.text}" can be read in the overview, in frame ${before.frame}`,
    );
  for (const [i, call] of calls.entries()) {
    const pictures = await replay.look(call);
    const read = legibleIn(pictures, trajectory.answers, settings);
    const isLast = i === calls.length - 1;
    if (read !== null && !isLast)
      return verdict(
        'legible-before',
        `"${read.text}" can be read in look ${i + 1} of ${calls.length} already`,
      );
    if (read === null && isLast)
      return verdict('not-legible', `the last look (${call.tool}) reads ${shown(pictures)}`);
  }
  return null;
}

function legibleIn(
  pictures: readonly ReadPicture[],
  answers: readonly string[],
  settings: CheckSettings,
): { readonly text: string; readonly frame: number } | null {
  for (const { frame, words, widthPx, heightPx } of pictures) {
    for (const answer of answers) {
      const [hit] = hitsIn(words, wantedOf(answer), frame, { ...settings, aspect: widthPx / heightPx });
      if (hit !== undefined) return hit;
    }
  }
  return null;
}

function verdict(reason: Reason, why: string): Verdict {
  return { reason, why };
}

function shown(pictures: readonly ReadPicture[]): string {
  const text = pictures.flatMap(({ words }) => words.map((word) => word.text)).join(' ');
  if (text === '') return 'nothing';
  return `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"`;
}
