import type { TrajectoryRecord } from '../data/records.js';
import type { Demonstration } from '../demonstration.js';
import { printMessage } from '../protocol/text.js';
import type { Action } from '../trajectory.js';
import type { Box01 } from '../world/records.js';

/** A demonstration as a model that speaks the text protocol is shown it: the last message answers, the others look. */
export interface Script {
  readonly video: string;
  readonly question: string;
  /** Choices of a multiple-choice question. */
  readonly options?: readonly string[];
  readonly answers: readonly string[];
  readonly messages: readonly ScriptedMessage[];
}

export interface ScriptedMessage {
  readonly thought: string | null;
  readonly action: Action;
  /** What is said, whole. */
  readonly text: string;
  /** Whether it is to be imitated; else it is only given. */
  readonly learn: boolean;
}

/** A script, or why there is none. */
export type Scripted = Script | { readonly reason: string };

/**
 * A demonstration from a world's truth, which numbers frames by the second, for a view of `fps` frames a second. Boxes
 * are written with three decimals, and looked at as they are written.
 *
 * A moved box is read from and not imitated. An engine that learns whole messages cannot learn only the choice of tool
 * and frame from such a turn (`imitate: 'choice'`): the turn is given, and none of it is learned.
 */
export function scriptOfDemonstration(
  { video, question, options, turns }: Demonstration,
  fps: number,
): Scripted {
  const said: Turn[] = [];
  for (const { action, imitate } of turns) {
    const retimed = atRate(action, fps);
    if (retimed === null) return { reason: `no frame at ${fps} a second shows what it looks at` };
    said.push({ thought: null, action: retimed, learn: imitate === 'all' });
  }
  const last = turns.at(-1)?.action;
  const answers = last?.tool === 'answer' ? [last.text] : [];
  return scripted({ video, question, ...choices(options), answers }, said);
}

/**
 * A curated demonstration, as it was checked: its frames and boxes are not touched, its thoughts are learned too.
 * @param options of the question that it is about
 */
export function scriptOfTrajectory(
  { video, question, answers, fps: own, turns }: TrajectoryRecord,
  fps: number,
  options?: readonly string[],
): Scripted {
  if (own !== fps) return { reason: `it numbers frames at ${own} a second, the view at ${fps}` };
  const said = turns.map(({ thought, action }) => ({ thought: thought || null, action, learn: true }));
  return scripted({ video, question, ...choices(options), answers }, said);
}

function choices(options: readonly string[] | undefined): Pick<Script, 'options'> {
  return options === undefined ? {} : { options };
}

type Turn = Omit<ScriptedMessage, 'text'>;

function scripted(about: Omit<Script, 'messages'>, turns: readonly Turn[]): Scripted {
  const answered = turns.findIndex(({ action }) => action.tool === 'answer');
  if (answered < 0 || answered < turns.length - 1)
    return { reason: answered < 0 ? 'it does not answer' : 'it goes on after its answer' };
  try {
    const messages = turns.map((turn) => ({ ...turn, text: printMessage(turn.thought, turn.action) }));
    return { ...about, messages };
  } catch (error) {
    // What the protocol cannot say: a closing tag within a thought or an answer.
    if (error instanceof RangeError) return { reason: error.message };
    throw error;
  }
}

function atRate(action: Action, fps: number): Action | null {
  switch (action.tool) {
    case 'answer':
      return action;
    case 'clip': {
      const frames = action.targetFrames.map((second) => frameOfSecond(second, fps));
      const targetFrames = frames.filter((frame) => frame !== null);
      return targetFrames.length < frames.length ? null : { ...action, targetFrames };
    }
    case 'crop': {
      const targetFrame = frameOfSecond(action.targetFrame, fps);
      return targetFrame === null ? null : { ...action, targetFrame, bbox01: rounded(action.bbox01) };
    }
    default:
      return action satisfies never;
  }
}

/**
 * The first frame, of `fps` a second, that is on screen within the n-th second (1-based), which is when a world shows
 * its n-th scene; null where none is. Frame g is on screen at (g − 1)/fps seconds.
 */
export function frameOfSecond(second: number, fps: number): number | null {
  // A rate such as 0.1 has no exact double: what is that near to a whole frame is that frame.
  const frame = Math.ceil((second - 1) * fps - 1e-9) + 1;
  return (frame - 1) / fps < second ? frame : null;
}

function rounded([x1, y1, x2, y2]: Box01): Box01 {
  const round = (x: number): number => Math.round(x * 1000) / 1000;
  return [round(x1), round(y1), round(x2), round(y2)];
}
