import type { Provenance, TrajectoryRecord, TrajectoryTurn } from '../data/records.js';
import { parseArguments, refusalOf } from '../tools/validate.js';
import type { Action } from '../trajectory.js';
import { box01Of } from './boxes.js';
import { pathBelow } from './paths.js';
import { refuseUnknown, sourceIn } from './question.js';
import { RowRefusal } from './refusal.js';
import { Row, shown } from './row.js';

const STYLES = ['drp', 'crp', 'given'] as const;

/** A line of `trajectories.jsonl` as a record: its last turn answers, no other does, every call is one that a tool takes. */
export function trajectoryOf(value: unknown): TrajectoryRecord {
  const row = new Row(value);
  const record: TrajectoryRecord = {
    id: row.name('id'),
    video: pathBelow(row.text('video')),
    question: row.text('question'),
    questionId: row.has('questionId') ? row.name('questionId') : null,
    answers: row.answers('answers'),
    style: row.oneOf('style', STYLES),
    fps: row.number('fps'),
    turns: row.objects('turns').map(turnOf),
    provenance: provenanceOf(row.object('provenance')),
  };
  if (!(record.fps > 0)) throw new RowRefusal('bad-value', `expected "fps" to be above 0, got ${record.fps}`);
  refuseUnknown(row, 'a trajectory');
  refuseBadTurns(record.turns);
  return record;
}

/** Throws unless the turns are looks and then one answer. Whether the frames exist is the video's to say. */
export function refuseBadTurns(turns: readonly TrajectoryTurn[]): void {
  if (turns.at(-1)?.action.tool !== 'answer')
    throw new RowRefusal('bad-message', `expected the last of ${turns.length} turns to be the answer`);
  for (const [at, { action }] of turns.entries()) {
    if (action.tool === 'answer') {
      if (at < turns.length - 1)
        throw new RowRefusal('bad-message', `turn ${at + 1} of ${turns.length} answers; only the last may`);
      continue;
    }
    const reason = refusalOf(action, Number.MAX_SAFE_INTEGER);
    if (reason !== null) throw new RowRefusal('bad-call', `turn ${at + 1}: ${reason}`);
  }
}

function turnOf(row: Row): TrajectoryTurn {
  const thought = row.anyText('thought');
  const action = actionOf(row.object('action'));
  if (!row.has('reads')) return { thought, action };
  const reads = row.objects('reads').map((read) => ({
    text: read.anyText('text'),
    frame: read.whole('frame', 1),
    box01: read.has('box01') ? box01Of(read.raw('box01'), 'box01') : null,
  }));
  return { thought, action, reads };
}

function actionOf(row: Row): Action {
  const tool = row.text('tool');
  if (tool === 'answer') return { tool, text: row.anyText('text') };
  const args =
    tool === 'clip'
      ? { target_frames: row.raw('targetFrames') }
      : { target_frame: row.raw('targetFrame'), bbox_2d: row.raw('bbox01') };
  const parsed = parseArguments(tool, args);
  if (parsed.kind === 'refused') throw new RowRefusal('bad-call', parsed.reason);
  return parsed.call;
}

export function provenanceOf(row: Row): Provenance {
  const source = sourceIn(row);
  const review = row.has('review') ? row.object('review') : undefined;
  const steps = row.objects('steps').map((step) => {
    const sha256 = step.text('sha256');
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new RowRefusal(
        'bad-value',
        `expected "sha256" of a step to be 64 hexadecimal digits, got ${shown(sha256)}`,
      );
    return { step: step.text('step'), version: step.text('version'), sha256 };
  });
  return {
    ...(source === undefined ? {} : { source }),
    steps,
    ...(review === undefined
      ? {}
      : {
          review: {
            decision: review.oneOf('decision', ['accepted', 'mended'] as const),
            by: review.text('by'),
          },
        }),
  };
}
