import { normaliseAnswer } from '../metrics/m4vitevqa.js';
import type { RandomStream } from '../seeds.js';
import type { Draft } from './asks.js';
import { briefDrafts, findDrafts, glanceDrafts, readDrafts, scrollDrafts } from './asks.js';
import { compareDrafts, countDrafts, joinDrafts, orderDrafts } from './pairs.js';
import type { Rates } from './places.js';
import { placesOf } from './places.js';
import type { TownScene, TownTask } from './records.js';
import { TOWN_TASKS } from './records.js';

/**
 * At most `count` different questions about video `index`. Tasks take turns over the videos, so that all are
 * asked about equally often; a task that a video has no question for gives its turn to the next one. Fewer come
 * back only where a video has no more that are unambiguous.
 */
export function draftTownQuestions(
  random: RandomStream,
  scenes: readonly TownScene[],
  rates: Rates,
  index: number,
  count: number,
): readonly Draft[] {
  const pools = poolsOf(random, scenes, rates);
  const places = occurrences(scenes);
  const asked = new Map<string, Draft>();
  const next = (task: TownTask): Draft | undefined => {
    const pool = pools[task];
    for (let drawn = pool.next(); drawn.done !== true; drawn = pool.next())
      if (!asked.has(drawn.value.question) && isUnambiguous(drawn.value, places)) return drawn.value;
    return undefined;
  };
  for (let n = 0; n < count; n++) {
    for (let step = 0; step < TOWN_TASKS.length; step++) {
      // Steps of 4 pass all nine tasks; so the turns of a task that is not there are shared among the others.
      const draft = next(TOWN_TASKS[(index * count + n + 4 * step) % TOWN_TASKS.length] ?? 'read');
      if (draft === undefined) continue;
      asked.set(draft.question, draft);
      break;
    }
  }
  return random.shuffle([...asked.values()]);
}

/** Every question that could be asked, by task, each list in random order. A video has hundreds of pairs and asks about a few: these are put into words as they are taken. */
function poolsOf(
  random: RandomStream,
  scenes: readonly TownScene[],
  rates: Rates,
): Readonly<Record<TownTask, Iterator<Draft>>> {
  const places = scenes.flatMap((scene) => placesOf(scene, rates));
  const direct = [...readDrafts(random, places), ...findDrafts(random, places)];
  const shuffled = (drafts: readonly Draft[]): Iterator<Draft> => random.shuffle(drafts).values();
  return {
    read: shuffled(direct.filter((draft) => draft.task === 'read')),
    find: shuffled(direct.filter((draft) => draft.task === 'find')),
    brief: shuffled(briefDrafts(random, places)),
    scroll: shuffled(scrollDrafts(random, scenes, rates)),
    glance: shuffled(glanceDrafts(random, scenes)),
    count: shuffled(countDrafts(random, scenes, places)),
    compare: shuffled(compareDrafts(random, places)),
    join: joinDrafts(random, places),
    order: orderDrafts(random, places),
  };
}

/** How often each text stands in a video, without its case and punctuation. */
export function occurrences(scenes: readonly TownScene[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { texts } of scenes) {
    for (const { text } of texts) {
      const plain = normaliseAnswer(text);
      counts.set(plain, (counts.get(plain) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * Whether a draft has one answer, and does not give it away. An answer that is a text of the video stands there
 * once, whatever its case and punctuation; only where a question offers a choice does it contain its answer.
 */
export function isUnambiguous(
  { task, question, answers }: Draft,
  places: ReadonlyMap<string, number>,
): boolean {
  if (task === 'glance' || task === 'count') return true;
  const offers = task === 'compare' || task === 'order';
  const asked = normaliseAnswer(question);
  if (!offers && answers.some((answer) => asked.includes(normaliseAnswer(answer)))) return false;
  return task === 'join' || places.get(normaliseAnswer(answers[0] ?? '')) === 1;
}
