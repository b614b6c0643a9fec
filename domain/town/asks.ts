import type { EvidenceRecord, QuestionRecord } from '../data/records.js';
import type { RandomStream } from '../seeds.js';
import { KINDS, PHRASES, withArticle } from './kinds.js';
import type { Place, Rates } from './places.js';
import { sceneEvidence, scrollEvidence } from './places.js';
import type { TownScene, TownTask } from './records.js';

/** A question before it has an id and a video. */
export interface Draft extends Pick<QuestionRecord, 'question' | 'answers' | 'options'> {
  readonly task: TownTask;
  readonly evidence: readonly EvidenceRecord[];
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'] as const;

export function draft(
  task: TownTask,
  question: string,
  answers: readonly string[],
  evidence: readonly EvidenceRecord[],
): Draft {
  return { task, question: question.charAt(0).toUpperCase() + question.slice(1), answers, evidence };
}

/** The words that point to a single text; null where it stands in rows. */
export function phraseOf(random: RandomStream, { scene, text }: Place): string | null {
  const phrases = PHRASES[scene.kind][text.role];
  return phrases === undefined || text.row !== null ? null : random.pick(phrases);
}

/** One text, pointed to by what it is; a text in a frame (`mark`) has to be found first. */
export function readDrafts(random: RandomStream, places: readonly Place[]): readonly Draft[] {
  return places.flatMap((place) => {
    const phrase = phraseOf(random, place);
    if (phrase === null) return [];
    const question = random.pick([
      `What is ${phrase}?`,
      `Please read ${phrase}.`,
      `Tell me ${phrase}.`,
      `Can you make out ${phrase}?`,
      `I need ${phrase}. What is it?`,
    ]);
    const task = place.text.mark === null ? 'read' : 'find';
    return [draft(task, question, spellings(place.text.text), [place.evidence])];
  });
}

/** A label or a mark in the same row tells which text is meant. */
export function findDrafts(random: RandomStream, places: readonly Place[]): readonly Draft[] {
  return places.flatMap((place) => {
    const { scene, text, evidence } = place;
    const beside = (role: string): Place | undefined =>
      places.find((other) => other.scene === scene && other.text.role === role && other.text.row === text.row);
    const ask = (questions: readonly string[], via: Place | null = null): readonly Draft[] => {
      const seen = via === null ? [evidence] : [via.evidence, evidence];
      return [draft('find', random.pick(questions), spellings(text.text), seen)];
    };
    const nth = ORDINALS[text.row ?? 0] ?? 'last';
    switch (`${scene.kind}.${text.role}`) {
      case 'price board.price':
      case 'receipt.price': {
        const item = beside('item');
        if (item === undefined) return [];
        const where = withArticle(scene.kind);
        const marked = text.mark === 'star' ? ask([`How much does the item with the star on ${where} cost?`], item) : [];
        return [
          ...marked,
          ...ask([`How much is the ${item.text.text} on ${where}?`, `What is the price of the ${item.text.text} on ${where}?`, `According to ${where}, what does the ${item.text.text} cost?`], item),
        ];
      }
      case 'price board.item':
        return text.mark === 'star' ? ask(['Which item on the price board is marked with a star?', 'What stands beside the star on the price board?']) : [];
      case 'timetable.time':
      case 'timetable.platform':
      case 'timetable.destination': {
        const marked = text.mark === 'red dot' ? ask([`Which ${text.role} is in the row with the red dot on the timetable?`, `The red dot on the timetable marks a row. What is its ${text.role}?`]) : [];
        const place = beside('destination');
        const time = beside('time');
        if (text.role === 'destination')
          return time === undefined ? marked : [...marked, ...ask([`Where does the train at ${time.text.text} go?`, `What is the destination of the ${time.text.text} train?`], time)];
        if (place === undefined) return marked;
        const to = place.text.text;
        const asked = text.role === 'time'
          ? [`When does the train to ${to} leave?`, `At what time does the train for ${to} depart?`]
          : [`From which platform does the train to ${to} leave?`, `Which platform does the timetable give for ${to}?`];
        return [...marked, ...ask(asked, place)];
      }
      case 'night street.sign':
        return ask([`What does the ${text.mark ?? ''} neon sign say?`, `Read the neon sign that glows ${text.mark ?? ''}.`, `What is written in ${text.mark ?? ''} neon letters?`]);
      case 'slide.bullet':
        return text.mark === 'highlighted'
          ? ask(['Which bullet point is highlighted on the slide?', 'What does the highlighted line of the slide say?'])
          : ask([`What does the ${nth} bullet point of the slide say?`, `Read the ${nth} bullet on the slide.`]);
      case 'whiteboard.task': {
        const ticked = scene.texts.filter((other) => other.mark === 'ticked');
        if (text.mark === 'ticked' && ticked.length === 1) return ask(['Which task on the whiteboard is ticked off?', 'Which task on the whiteboard has been done?']);
        return ask([`What is the ${nth} task on the whiteboard?`, `Read the ${nth} task on the whiteboard.`]);
      }
      case 'phone screen.message':
        return ask([`What does the ${nth} message on the phone say?`, `Read the ${nth} message on the phone screen.`]);
      default:
        return [];
    }
  });
} // prettier-ignore

/** A notice that is there for a moment. */
export function briefDrafts(random: RandomStream, places: readonly Place[]): readonly Draft[] {
  return places.flatMap(({ scene, text, evidence }) => {
    if (text.role !== 'notice') return [];
    const caption = scene.texts.filter((other) => other.role === 'caption' && other.views[0]?.sec === text.views[0]?.sec).at(-1);
    const about = caption?.text ?? 'notice';
    return [
      `A notice with the words “${about}” pops up for a moment. What does it say below them?`,
      `What does the notice “${about}” that flashes up tell?`,
      `Read the short notice about “${about}”.`,
    ].map((question) => draft('brief', question, spellings(text.text), [evidence])).slice(0, 1 + random.int(0, 3)).slice(-1);
  });
} // prettier-ignore

/** A message wider than its window: no single frame holds it. */
export function scrollDrafts(
  random: RandomStream,
  scenes: readonly TownScene[],
  rates: Rates,
): readonly Draft[] {
  return scenes.flatMap((scene) =>
    scene.texts.flatMap((text) => {
      const evidence = text.role === 'scroll' ? scrollEvidence(text, rates) : null;
      if (evidence === null) return [];
      const question = random.pick([
        'What is the whole message that scrolls through the news ticker?',
        'Which message runs along the bottom of the news?',
        'Read the complete text of the news ticker.',
        'What does the news ticker say from its first word to its last?',
      ]);
      return [draft('scroll', question, [text.text], [evidence])];
    }),
  );
}

/** What the overview shows: which scenes there are, and in which order. */
export function glanceDrafts(random: RandomStream, scenes: readonly TownScene[]): readonly Draft[] {
  const kinds = scenes.map((scene) => scene.kind);
  const absent = KINDS.filter((kind) => !kinds.includes(kind));
  const [first, last] = [scenes[0], scenes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const choose = (question: string, answer: string, others: readonly string[], seen: readonly TownScene[]): Draft => ({
    ...draft('glance', question, [answer], seen.map(sceneEvidence)),
    options: random.shuffle([answer, ...random.shuffle(others).slice(0, 3)]),
  });
  const drafts = [
    choose(random.pick(['What does the video show first?', 'What is seen at the very start?']), first.kind, kinds.slice(1), [first]),
    choose(random.pick(['What does the video end with?', 'What is seen last?']), last.kind, kinds.slice(0, -1), [last]),
  ];
  const missing = absent.length === 0 ? null : random.pick(absent);
  if (missing !== null) drafts.push(choose('Which of these is not in the video?', missing, kinds, scenes));
  const [one, other] = random.shuffle(scenes);
  if (one !== undefined && other !== undefined) {
    const earlier = one.startSec < other.startSec ? one : other;
    const later = earlier === one ? other : one;
    const asks = `Which comes first, ${withArticle(one.kind)} or ${withArticle(other.kind)}?`;
    drafts.push(choose(asks, earlier.kind, [later.kind], [earlier, later]));
  }
  return drafts;
} // prettier-ignore

/** The text as it is written, and without the sign of its currency. */
function spellings(text: string): readonly string[] {
  const bare = text.replace(/^[€$£]|\s€$/g, '');
  return bare === text ? [text] : [text, bare];
}
