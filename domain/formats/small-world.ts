import type { QuestionRecord } from '../data/records.js';
import { box01Of } from './boxes.js';
import { pathBelow } from './paths.js';
import { Row } from './row.js';

/** The small world, a folder that `ruminate data world` wrote: see `domain/world/records.ts`. */
export const SMALL_WORLD = 'small-world';

/**
 * One line of its `questions.jsonl`. Evidence names the interval of its text; which look and frame it is best read by,
 * the world says besides.
 */
export function questionOfWorld(value: unknown, split: string): QuestionRecord {
  const row = new Row(value);
  const evidence = row.objects('evidence').map((one) => {
    const startSec = one.number('startSec');
    return {
      record: {
        startSec,
        endSec: one.number('endSec'),
        text: one.anyText('text'),
        boxes: [{ sec: startSec, box01: box01Of(one.raw('box01'), 'box01') }],
      },
      look: { tool: one.oneOf('tool', ['clip', 'crop'] as const), frame: one.whole('frame', 1) },
    };
  });
  return {
    id: row.name('id'),
    video: pathBelow(row.text('video')),
    question: row.text('question'),
    answers: row.answers('answers'),
    split,
    task: row.text('task'),
    evidence: evidence.map(({ record }) => record),
    source: { form: SMALL_WORLD, fields: { ...row.rest(), evidence: evidence.map(({ look }) => look) } },
  };
}
