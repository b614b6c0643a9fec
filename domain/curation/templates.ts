import type { RandomStream } from '../seeds.js';
import type { Box01 } from '../world/records.js';

/** What a thought is about. `{frame}`, `{sec}`, `{where}` and `{text}` are filled in. */
export type Moment = keyof typeof THOUGHTS;

/** Ways to say each thought: enough that a policy learns the act and not the sentence. None names the answer before it was seen. */
const THOUGHTS = {
  clipFirst: [
    'The overview is too small to read this. The frames around {sec} s look promising; I will look at them larger.',
    'I cannot make out the words from the overview. Let me take a closer look at the part around frame {frame}.',
    'There seems to be text near second {sec}. I will select those frames to see more of it.',
    'To answer I need to see the frame around {sec} s in more detail.',
  ],
  cropFirst: [
    'The overview shows text {where} in frame {frame}, too small to read. I will zoom in there.',
    'What is asked should stand {where} at second {sec}; I need that region at full resolution.',
    'Frame {frame} has writing {where}. A crop should make it readable.',
    'I cannot read it at this size. Let me crop the area {where} of frame {frame}.',
  ],
  cropAfterClip: [
    'Now I see where it is: the text {where} in frame {frame}. It is still too small, so I zoom in.',
    'The frame shows it {where}, but the letters are not clear yet. A crop will do.',
    'This is the right moment. I will crop the text {where} of frame {frame} to read it.',
    'Frame {frame} is the one. The part {where} has what I need; let me enlarge it.',
  ],
  cropWrong: [
    'There is text {where} in frame {frame}; I will check that first.',
    'It may be the writing {where}. Let me zoom in on it.',
    'I start with the text {where} of frame {frame}.',
  ],
  clipWrong: [
    'I will first see what is shown around {sec} s.',
    'Let me look at frame {frame}; it may be there.',
    'The part near second {sec} has some detail. I check it first.',
  ],
  clipAgain: [
    'This does not show what is asked. I should look around {sec} s instead.',
    'Not here. The frames near frame {frame} are a better guess.',
    'That was the wrong moment; I go to second {sec}.',
  ],
  cropAgain: [
    'It says "{text}", which is not what is asked. The text {where} must be it.',
    'That reads "{text}" and does not answer the question. I zoom in {where} instead.',
    'No, "{text}" is something else. I look {where} in frame {frame}.',
  ],
  cropAgainUnread: [
    'That does not answer the question. The text {where} of frame {frame} must be it.',
    'This is something else. I zoom in {where} instead.',
  ],
  answer: [
    'Now it can be read: "{text}".',
    'It says "{text}", which answers the question.',
    'I can read "{text}" here. That is what was asked.',
    'The text is "{text}".',
  ],
} as const;

export function thought(
  moment: Moment,
  random: RandomStream,
  fill: { readonly frame: number; readonly sec: number; readonly box01: Box01; readonly text?: string },
): string {
  const values: Readonly<Record<string, string>> = {
    frame: String(fill.frame),
    sec: String(Math.round(10 * fill.sec) / 10),
    where: whereIs(fill.box01),
    text: fill.text ?? '',
  };
  return random
    .pick<string>(THOUGHTS[moment])
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

/** `in the upper left`, `at the bottom`, `in the middle`. */
export function whereIs([x1, y1, x2, y2]: Box01): string {
  const third = (value: number): number => (value < 1 / 3 ? 0 : value < 2 / 3 ? 1 : 2);
  const across = ['left', '', 'right'][third((x1 + x2) / 2)]!;
  const down = ['upper', '', 'lower'][third((y1 + y2) / 2)]!;
  if (across === '' && down === '') return 'in the middle';
  if (across === '') return down === 'upper' ? 'at the top' : 'at the bottom';
  if (down === '') return `on the ${across}`;
  return `in the ${down} ${across}`;
}
