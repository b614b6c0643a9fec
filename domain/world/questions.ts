import type { RandomStream } from '../seeds.js';
import type { Evidence, Looks, Task, TruthItem, TruthScene, WorldQuestion } from './records.js';
import { isNumber } from './texts.js';
import { ROWS } from './vocabulary.js';

/** A question before it has an id and a video. */
export type Draft = Pick<WorldQuestion, 'question' | 'task' | 'looks' | 'answers' | 'evidence'>;

/** 60 % read, 30 % symbol, 10 % count; and 40 % lookup, 30 % join, 30 % compare: exact over ten videos that have the symbols. */
const SINGLE: readonly Task[] = [
  'read', 'symbol', 'read', 'read', 'symbol', 'read', 'count', 'read', 'symbol', 'read',
]; // prettier-ignore
const SEVERAL: readonly Task[] = [
  'lookup', 'join', 'compare', 'lookup', 'join', 'lookup', 'compare', 'join', 'lookup', 'compare',
]; // prettier-ignore

/** One text of the video, with the words that point to it. */
interface Place {
  readonly scene: TruthScene;
  readonly item: TruthItem;
  readonly words: string;
}

/**
 * `count` different questions about video `index`, half for one tool and half for several, in random
 * order. A task that the video has no (more) question for is replaced by `read` or `lookup`, then by
 * whatever is left.
 */
export function draftQuestions(
  random: RandomStream,
  scenes: readonly TruthScene[],
  index: number,
  count: number,
): readonly Draft[] {
  const pools = draftAll(random, scenes);
  const singles = Math.floor(((index + 1) * count) / 2) - Math.floor((index * count) / 2);
  const drafts: Draft[] = [];
  const take = (task: Task, instead: Task): void => {
    const order: readonly Task[] = [task, instead, 'join', 'compare', 'read'];
    const draft = order
      .map((name) => pools[name])
      .find((pool) => pool.length > 0)
      ?.pop();
    if (draft !== undefined) drafts.push(draft);
  };
  for (let n = 0; n < count; n++) {
    const position = Math.floor((index * count) / 2) + (n < singles ? n : n - singles);
    if (n < singles) take(SINGLE[position % SINGLE.length] ?? 'read', 'read');
    else take(SEVERAL[position % SEVERAL.length] ?? 'lookup', 'lookup');
  }
  return random.shuffle(drafts);
}

/** Every question that the scenes can be asked, by task, each list in random order. */
function draftAll(random: RandomStream, scenes: readonly TruthScene[]): Record<Task, Draft[]> {
  const places = scenes.flatMap(placesOf);
  const pairs = places.flatMap((one) =>
    places.filter((other) => other !== one).map((other) => [one, other] as const),
  );
  const shuffled = (drafts: readonly Draft[]): Draft[] => [...random.shuffle(drafts)];
  return {
    read: shuffled(places.map(read)),
    symbol: shuffled(scenes.flatMap(symbol)),
    count: shuffled(scenes.flatMap(count)),
    lookup: shuffled(places.flatMap(lookup)),
    join: shuffled(pairs.flatMap(join)),
    compare: shuffled(pairs.flatMap(compare)),
  };
}

function placesOf(scene: TruthScene): readonly Place[] {
  const single = scene.items.length === 1;
  return scene.items.map((item, index) => ({
    scene,
    item,
    words: single ? `the ${scene.kind}` : `the ${ROWS[index] ?? ''} row of the ${scene.kind}`,
  }));
}

function read(place: Place): Draft {
  const question = `What can you read on ${place.words}?`;
  return draft(question, 'read', 'crop', place.item.text, [cropOf(place)]);
}

function symbol(scene: TruthScene): readonly Draft[] {
  if (scene.symbol === null) return [];
  const { name, box01 } = scene.symbol;
  const question = `Which symbol does the ${scene.kind} show?`;
  return [draft(question, 'symbol', 'clip', name.toUpperCase(), [clipOf(scene, box01, name)])];
}

function count(scene: TruthScene): readonly Draft[] {
  if (scene.dots === null) return [];
  const text = String(scene.dots.count);
  const question = `How many dots does the ${scene.kind} show?`;
  return [draft(question, 'count', 'clip', text, [clipOf(scene, scene.dots.box01, text)])];
}

function lookup(place: Place): readonly Draft[] {
  const { mark, markBox01, text } = place.item;
  if (mark === null || markBox01 === null) return [];
  const question = `What stands beside the ${mark} on the ${place.scene.kind}?`;
  return [draft(question, 'lookup', 'several', text, [clipOf(place.scene, markBox01, mark), cropOf(place)])];
}

function join([first, second]: readonly [Place, Place]): readonly Draft[] {
  if (first.item.text.length !== 2 || second.item.text.length !== 2) return [];
  const question = `Read ${first.words}, then ${second.words}.`;
  return [
    draft(question, 'join', 'several', first.item.text + second.item.text, [cropOf(first), cropOf(second)]),
  ];
}

function compare([first, second]: readonly [Place, Place]): readonly Draft[] {
  if (!isNumber(first.item.text) || !isNumber(second.item.text)) return [];
  const larger = Number(first.item.text) > Number(second.item.text) ? first : second;
  const question = `Which number is larger, the one on ${first.words} or the one on ${second.words}?`;
  return [draft(question, 'compare', 'several', larger.item.text, [cropOf(first), cropOf(second)])];
}

function draft(
  question: string,
  task: Task,
  looks: Looks,
  answer: string,
  evidence: readonly Evidence[],
): Draft {
  return { question, task, looks, answers: [answer], evidence };
}

function cropOf({ scene, item }: Place): Evidence {
  return { tool: 'crop', ...onScreen(scene), box01: item.box01, text: item.text };
}

function clipOf(scene: TruthScene, box01: Evidence['box01'], text: string): Evidence {
  return { tool: 'clip', ...onScreen(scene), box01, text };
}

/** A scene lasts one second, and scene i is frame i. */
function onScreen(scene: TruthScene): Pick<Evidence, 'frame' | 'startSec' | 'endSec'> {
  return { frame: scene.frame, startSec: scene.frame - 1, endSec: scene.frame };
}
