/// <reference lib="dom" />
import type { Box01 } from '../../../domain/world/records.js';
import type { AlonePage, PageData } from '../page-data.js';
import type { VideoFacts } from '../pictures.js';
import type { Decision } from '../../../domain/curation/decisions.js';
import type { AskedDecision, ReviewItem } from '../records.js';

/** Where the page has its items and pictures from, and where its decisions go. */
export interface Source {
  items(): Promise<readonly ReviewItem[]>;
  facts(item: number): Promise<VideoFacts | null>;
  /** Null where there is no such picture. */
  frame(item: number, frame: number): string | null;
  /** `turn` for a page that stands alone: it has what the turns show, and no other crop. */
  crop(item: number, turn: number, frame: number, box: Box01): string | null;
  /** Why a picture did not come. */
  trouble(item: number, src: string | null): Promise<string>;
  decide(asked: AskedDecision): Promise<Decision>;
  /** Takes the last decision back; gives what counts now. */
  undo(id: string): Promise<Decision | null>;
  /** Null where decisions are on the disk already. */
  readonly download: (() => void) | null;
}

export function sourceOf(data: PageData): Source {
  return data.mode === 'served' ? servedSource() : aloneSource(data);
}

function servedSource(): Source {
  async function asked<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(path, init);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }
  function post<T>(path: string, value: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return asked<T>(path, { method: 'POST', headers, body: JSON.stringify(value) });
  }
  return {
    items: () => asked('items'),
    facts: (item) => asked<VideoFacts>(`video/${item}`).catch(() => null),
    frame: (item, frame) => `frame/${item}/${frame}`,
    crop: (item, _turn, frame, box) => `crop/${item}/${frame}?box=${box.join(',')}`,
    trouble: async (_item, src) => {
      if (src === null) return 'there is no such picture';
      return fetch(src).then(
        (response) => (response.ok ? 'the picture cannot be shown' : response.text()),
        () => 'the server does not answer',
      );
    },
    decide: (decision) => post('decide', decision),
    undo: async (id) => (await post<{ decision: Decision | null }>('undo', { id })).decision,
    download: null,
  };
}

/** Decisions stay in the page, and in the browser's memory where it has one, until they are downloaded. */
function aloneSource({ key, by, items, facts, pictures, missing }: AlonePage): Source {
  const lines = remembered(key);
  const lastOf = (id: string): Decision | null => lines.findLast((line) => line.id === id) ?? null;
  const keep = (): void => {
    try {
      localStorage.setItem(`ruminate-review-${key}`, JSON.stringify(lines));
    } catch {
      // Without it they last as long as the page is open.
    }
  };
  return {
    items: () =>
      Promise.resolve(items.map((item) => ({ ...item, decision: lastOf(item.record.id) ?? item.decision }))),
    facts: (item) => Promise.resolve(facts[item] ?? null),
    frame: (item, frame) => pictures[`frame/${item}/${frame}`] ?? null,
    crop: (item, turn, frame, box) => {
      const action = items[item]?.record.turns[turn]?.action;
      const isOriginal =
        action?.tool === 'crop' && action.targetFrame === frame && action.bbox01.join() === box.join();
      return isOriginal ? (pictures[`crop/${item}/${turn}`] ?? null) : null;
    },
    trouble: (item) => Promise.resolve(missing[item] ?? 'this page does not hold that picture'),
    decide: (decision) => {
      const made: Decision = { ...decision, by, at: new Date().toISOString() };
      lines.push(made);
      keep();
      return Promise.resolve(made);
    },
    undo: (id) => {
      const at = lines.findLastIndex((line) => line.id === id);
      if (at >= 0) lines.splice(at, 1);
      keep();
      const before = items.find(({ record }) => record.id === id)?.decision ?? null;
      return Promise.resolve(lastOf(id) ?? before);
    },
    download: () => {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }));
      link.download = 'decisions.jsonl';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
  };
}

function remembered(key: string): Decision[] {
  try {
    return JSON.parse(localStorage.getItem(`ruminate-review-${key}`) ?? '[]') as Decision[];
  } catch {
    return [];
  }
}
