import type { RandomStream } from '../seeds.js';
import type { Draft } from './asks.js';
import { draft, phraseOf } from './asks.js';
import { COUNTED } from './kinds.js';
import type { Place } from './places.js';
import type { TownScene } from './records.js';

const NUMBER_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** How many lines of a kind a scene has; only where each of them can be seen clearly. */
export function countDrafts(
  random: RandomStream,
  scenes: readonly TownScene[],
  places: readonly Place[],
): readonly Draft[] {
  return scenes.flatMap((scene) => {
    const counted = COUNTED[scene.kind];
    if (counted === undefined) return [];
    const all = scene.texts.filter((text) => text.role === counted.role);
    const seen = places.filter((place) => place.scene === scene && place.text.role === counted.role);
    if (seen.length < all.length || all.length === 0) return [];
    const ask = (phrase: string, of: readonly Place[]): Draft => {
      const word = NUMBER_WORDS[of.length];
      const answers = word === undefined ? [String(of.length)] : [String(of.length), word];
      return draft('count', `How many ${phrase}?`, answers, of.map((place) => place.evidence));
    };
    const ticked = seen.filter((place) => place.text.mark === 'ticked');
    const more = ticked.length > 0 ? [ask('tasks on the whiteboard are ticked off', ticked)] : [];
    return [ask(random.pick(counted.phrases), seen), ...more];
  });
} // prettier-ignore

/** A thing with a value that can be ordered. */
interface Valued {
  readonly words: string;
  readonly name: Place;
  readonly value: Place;
  readonly amount: number;
}

/** Two prices or two times: which is more, which is earlier. */
export function compareDrafts(random: RandomStream, places: readonly Place[]): readonly Draft[] {
  const priced = valued(places, 'price', 'item', priceOf);
  const timed = valued(places, 'time', 'destination', minutesOf);
  const labels = valued(places, 'price', 'variety', priceOf);
  return [
    ...pairsOf([...priced, ...labels]).map(([one, other]) => {
      const dearer = random.float() < 0.5;
      const word = dearer ? 'more' : 'less';
      const question = random.pick([
        `Which costs ${word}, the ${one.words} or the ${other.words}?`,
        `What is ${dearer ? 'more expensive' : 'cheaper'}, the ${one.words} or the ${other.words}?`,
        `Compare the prices of the ${one.words} and the ${other.words}. Which is ${dearer ? 'higher' : 'lower'}?`,
      ]);
      return compared(question, one, other, dearer);
    }),
    ...pairsOf(timed).map(([one, other]) => {
      const later = random.float() < 0.5;
      const word = later ? 'later' : 'earlier';
      const question = random.pick([
        `Which train leaves ${word}, the one to ${one.words} or the one to ${other.words}?`,
        `To which of the two does the ${word} train go, ${one.words} or ${other.words}?`,
      ]);
      return compared(question, one, other, later);
    }),
  ];
}

function valued(
  places: readonly Place[],
  value: string,
  name: string,
  amountOf: (text: string) => number,
): readonly Valued[] {
  return places.flatMap((place) => {
    if (place.text.role !== value) return [];
    const named = places.find(
      (other) => other.scene === place.scene && other.text.role === name && other.text.row === place.text.row,
    );
    if (named === undefined) return [];
    return [{ words: named.text.text, name: named, value: place, amount: amountOf(place.text.text) }];
  });
}

function compared(question: string, one: Valued, other: Valued, wantsMore: boolean): Draft {
  const answer = one.amount > other.amount === wantsMore ? one : other;
  const seen = [one.name, one.value, other.name, other.value].map((place) => place.evidence);
  return draft('compare', question, [answer.words], seen);
}

/** Two short texts of different scenes, written one after the other; pairs in random order. */
export function* joinDrafts(random: RandomStream, places: readonly Place[]): Generator<Draft, undefined> {
  const short = places.filter((place) => place.text.text.length <= 12 && place.text.row === null);
  for (const [one, other] of random.shuffle(pairsOf(short))) {
    const [first, second] = [phraseOf(random, one), phraseOf(random, other)];
    if (one.scene === other.scene || first === null || second === null) continue;
    const question = random.pick([
      `Write ${first}, followed by ${second}.`,
      `What do you get when you put ${second} after ${first}?`,
      `Join ${first} and ${second}, in this order. What does it read?`,
    ]);
    const [a, b] = [one.text.text, other.text.text];
    yield draft('join', question, [`${a} ${b}`, `${a}${b}`], [one.evidence, other.evidence]);
  }
}

/** Two texts of different scenes: which comes first; pairs in random order. */
export function* orderDrafts(random: RandomStream, places: readonly Place[]): Generator<Draft, undefined> {
  const named = places.filter((place) => place.text.role !== 'notice' && place.text.text.length >= 4);
  for (const [one, other] of random.shuffle(pairsOf(named))) {
    if (one.scene === other.scene) continue;
    const last = random.float() < 0.5;
    const [a, b] = [one.text.text, other.text.text];
    const question = last
      ? random.pick([`Which is seen later, “${a}” or “${b}”?`, `Of “${a}” and “${b}”, which text appears last?`])
      : random.pick([`Which text comes first, “${a}” or “${b}”?`, `What is seen earlier in the video, “${a}” or “${b}”?`]);
    const isLater = one.scene.startSec > other.scene.startSec;
    const answer = isLater === last ? one : other;
    const inTime = isLater ? [other, one] : [one, other];
    yield draft('order', question, [answer.text.text], inTime.map((place) => place.evidence));
  }
} // prettier-ignore

function pairsOf<T>(values: readonly T[]): readonly (readonly [T, T])[] {
  return values.flatMap((one, at) =>
    values
      .slice(at + 1)
      .map((other, n): readonly [T, T] => ((at + n) % 2 === 0 ? [one, other] : [other, one])),
  );
}

/** `4,50 €`, `$4.50` … in cents. */
function priceOf(text: string): number {
  return Number(text.replace(/\D/g, ''));
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
