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
  const drafts: Draft[] = [];
  for (let n = 0; n < count; n++) {
    const turn = index * count + n;
    const wanted = TOWN_TASKS.map((_, step) => TOWN_TASKS[(turn + step) % TOWN_TASKS.length] ?? 'read');
    const next = wanted
      .map((task) => pools[task])
      .find((pool) => pool.length > 0)
      ?.pop();
    if (next !== undefined) drafts.push(next);
  }
  return random.shuffle(drafts);
}

/** Every unambiguous question, by task, each list in random order. */
function poolsOf(
  random: RandomStream,
  scenes: readonly TownScene[],
  rates: Rates,
): Record<TownTask, Draft[]> {
  const places = scenes.flatMap((scene) => placesOf(scene, rates));
  const all = [
    ...readDrafts(random, places),
    ...findDrafts(random, places),
    ...briefDrafts(random, places),
    ...scrollDrafts(random, scenes, rates),
    ...glanceDrafts(random, scenes),
    ...countDrafts(random, scenes, places),
    ...compareDrafts(random, places),
    ...joinDrafts(random, places),
    ...orderDrafts(random, places),
  ];
  const clear = all.filter((draft) => isUnambiguous(draft, scenes));
  const once = [...new Map(clear.map((draft) => [draft.question, draft])).values()];
  const of = (task: TownTask): Draft[] => random.shuffle(once.filter((draft) => draft.task === task));
  return {
    read: of('read'), count: of('count'), compare: of('compare'), join: of('join'), scroll: of('scroll'),
    order: of('order'), find: of('find'), brief: of('brief'), glance: of('glance'),
  }; // prettier-ignore
}

/**
 * Whether a draft has one answer, and does not give it away. An answer that is a text of the video stands there
 * once, whatever its case and punctuation; only where a question offers a choice does it contain its answer.
 */
export function isUnambiguous({ task, question, answers }: Draft, scenes: readonly TownScene[]): boolean {
  if (task === 'glance' || task === 'count') return true;
  const plain = (text: string): string => normaliseAnswer(text);
  const offers = task === 'compare' || task === 'order';
  if (!offers && answers.some((answer) => plain(question).includes(plain(answer)))) return false;
  if (task === 'join') return true;
  const [answer = ''] = answers;
  const places = scenes.flatMap((scene) => scene.texts).filter((text) => plain(text.text) === plain(answer));
  return places.length === 1;
}
