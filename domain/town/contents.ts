import type { RandomStream } from '../seeds.js';
import type { Kind } from './kinds.js';
import type { TextDrawer } from './texts.js';
import * as words from './words.js';

/** A text of a scene before it is drawn. */
export interface Field {
  readonly role: string;
  readonly row: number | null;
  readonly text: string;
  readonly mark: string | null;
}

/** Colours that a neon sign may have, by the name that a question calls them. */
export const NEON_COLOURS = ['red', 'green', 'blue', 'yellow', 'pink'] as const;

/** How much a scene can hold: lines under each other, and characters beside each other. */
export interface Room {
  readonly lines: number;
  readonly characters: number;
  /** 0 as few as needed, 1 as many as fit. */
  readonly clutter: number;
}

/** The texts that a scene of `kind` shows. */
export function fieldsOf(kind: Kind, random: RandomStream, texts: TextDrawer, room: Room): readonly Field[] {
  const rows = (least: number, most: number, taken: number): number => {
    const fits = Math.max(least, Math.min(most, room.lines - taken));
    return random.int(least, least + Math.round((fits - least) * Math.min(1, room.clutter + 0.35)) + 1);
  };
  const wide = Math.max(12, room.characters);
  switch (kind) {
    case 'door sign':
      return [field('room', texts.room()), field('name', texts.person(wide)), field('hours', texts.hours())];
    case 'price board': {
      const count = rows(2, 6, 1);
      const marked = random.int(0, count);
      return [
        field('title', texts.of(words.SHOPS, wide)),
        ...lines(count, (row) => [
          field('item', texts.of(words.ITEMS, wide - 8), row, row === marked ? 'star' : null),
          field('price', texts.price(), row, row === marked ? 'star' : null),
        ]),
      ];
    }
    case 'slide': {
      const count = rows(2, 5, 2);
      const marked = random.int(0, count);
      return [
        field('title', texts.of(words.TITLES, wide)),
        ...lines(count, (row) => [
          field('bullet', texts.of(words.TASKS, wide - 2), row, row === marked ? 'highlighted' : null),
        ]),
        field('speaker', texts.person()),
      ];
    }
    case 'news ticker':
      return [
        field('channel', texts.channel()),
        field('headline', texts.of(words.TITLES, wide)),
        field('clock', texts.time()),
        field('scroll', texts.news()),
      ];
    case 'phone screen':
      return [
        field('clock', texts.time()),
        field('contact', texts.person(16)),
        field('number', texts.phone()),
        ...lines(rows(1, 3, 3), (row) => [field('message', texts.of(words.TASKS, 16), row)]),
      ];
    case 'timetable': {
      const count = rows(2, 6, 1);
      const marked = random.int(0, count);
      const times = Array.from({ length: count }, () => texts.time()).sort();
      return [
        field('station', texts.of(words.PLACES, 11)),
        field('clock', texts.time()),
        ...lines(count, (row) => {
          const mark = row === marked ? 'red dot' : null;
          return [
            field('time', times[row] ?? '', row, mark),
            field('destination', texts.of(words.PLACES, wide - 11), row, mark),
            field('platform', texts.platform(), row, mark),
          ];
        }),
      ];
    }
    case 'receipt': {
      const count = rows(2, 5, 4);
      const { prices, total } = texts.bill(count);
      return [
        field('shop', texts.of(words.SHOPS, wide)),
        field('date', texts.date()),
        ...lines(count, (row) => [
          field('item', texts.of(words.ITEMS, 14), row),
          field('price', prices[row] ?? '', row),
        ]),
        field('total', total),
        field('phone', texts.phone()),
      ];
    }
    case 'night street': {
      const colours = random.shuffle(NEON_COLOURS);
      return [
        field('street', texts.of(words.STREETS, wide)),
        ...lines(rows(2, 3, 2), (row) => [
          field('sign', texts.of(words.NEONS, 13), row, colours[row] ?? null),
        ]),
      ];
    }
    case 'whiteboard': {
      const count = rows(2, 5, 2);
      const ticks = lines(count, () => [random.float() < 0.5]);
      return [
        field('heading', texts.of(words.TITLES, wide)),
        ...lines(count, (row) => [
          field('task', texts.of(words.TASKS, wide - 3), row, ticks[row] === true ? 'ticked' : null),
        ]),
        field('code', texts.code(), null, 'box'),
      ];
    }
    case 'product label':
      return [
        field('brand', texts.brand()),
        field('variety', texts.of(words.ITEMS, 16)),
        field('weight', texts.weight()),
        field('best', texts.date()),
        field('price', texts.price()),
      ];
    default:
      return kind satisfies never;
  }
}

/** What a brief notice says: its caption, and the text that is asked for. */
export function noticeFields(random: RandomStream, texts: TextDrawer): readonly Field[] {
  return [field('caption', random.pick(words.NOTICES)), field('notice', texts.code())];
}

function field(role: string, text: string, row: number | null = null, mark: string | null = null): Field {
  return { role, row, text, mark };
}

function lines<T>(count: number, make: (row: number) => readonly T[]): readonly T[] {
  return Array.from({ length: count }, (_, row) => make(row)).flat();
}
