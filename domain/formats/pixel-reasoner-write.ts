import type { TrajectoryRecord } from '../data/records.js';
import { conversationOf, type Rendered } from './conversation.js';
import { isStill } from './paths.js';
import { trajectoryOfSft } from './pixel-reasoner-sft.js';
import { KEPT } from './question.js';
import { RowRefusal } from './refusal.js';
import { givesBack } from './same.js';

/**
 * A trajectory as a row of Pixel-Reasoner's `message_list`, with its names of tools. The pictures of a video are one
 * `video` part, numbered as the calls number frames. What the form has no place for is kept under `ruminate`, beside
 * the list, where trainers do not look. Refused where reading the row would not give the record back.
 */
export function sftRowOfTrajectory(
  record: TrajectoryRecord,
  rendered: Rendered,
): Readonly<Record<string, unknown>> {
  const messages = conversationOf(record, rendered, 'ancestor');
  const { turns, ...others } = record;
  const reads = turns.map((turn) => turn.reads ?? null);
  const row = {
    message_list: messages.map(({ role, parts }, at) => ({
      role,
      content:
        at === 1 && !isStill(record.video)
          ? [{ video: rendered.overview }, ...parts.filter((part) => 'text' in part)]
          : parts,
    })),
    [KEPT]: { ...others, reads },
  };
  if (!givesBack(() => trajectoryOfSft(row, 0), record))
    throw new RowRefusal(
      'cannot-be-written',
      'a thought or an answer holds markup of the form (<think>, <tool_call>, <answer>, \\boxed{})',
    );
  return row;
}
