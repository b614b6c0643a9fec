/// <reference lib="dom" />
import { html, render } from 'htm/preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { TrajectoryRecord } from '../../../domain/data/records.js';
import type { PageData } from '../page-data.js';
import type { VideoFacts } from '../pictures.js';
import type { Decision } from '../../../domain/curation/decisions.js';
import type { AskedDecision, ReviewItem } from '../records.js';
import { Filters, Help, Key, Progress, RejectPanel } from './bars.js';
import { useKeys } from './keys.js';
import { List } from './list.js';
import { isShown, REASONS, searchText, shownOf, type Filter } from './shapes.js';
import { sourceOf, type Source } from './source.js';
import { Turn } from './turns.js';

type Mode = 'look' | 'reject' | 'mend' | 'help';

function App({
  data,
  source,
  given,
}: {
  data: PageData;
  source: Source;
  given: readonly ReviewItem[];
}): VNode {
  const [items, setItems] = useState(given);
  const [filter, setFilter] = useState<Filter>(
    given.some(({ decision }) => decision === null) ? 'open' : 'all',
  );
  const [search, setSearch] = useState('');
  const [current, setCurrent] = useState(() =>
    Math.max(
      0,
      given.findIndex(({ decision }) => decision === null),
    ),
  );
  const [mode, setMode] = useState<Mode>('look');
  const [draft, setDraft] = useState<TrajectoryRecord | null>(null);
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const [isListOpen, setListOpen] = useState(false);
  const done = useRef<string[]>([]);
  /** A second press before the first is on the disk is none. */
  const saving = useRef(false);
  const main = useRef<HTMLElement>(null);

  const texts = useMemo(() => given.map(searchText), [given]);
  const visible = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return items.flatMap((item, at) =>
      isShown(item, filter) && (wanted === '' || texts[at]!.includes(wanted)) ? [at] : [],
    );
  }, [items, filter, search]);
  const item = items[current];

  const go = (to: number | undefined): void => {
    if (to === undefined) return;
    setCurrent(to);
    setMode('look');
    setDraft(null);
    setListOpen(false);
    main.current?.scrollTo({ top: 0 });
    main.current?.focus({ preventScroll: true });
  };
  // What was chosen may have left the list: then its neighbours are those of its place.
  const next = (): number | undefined => visible.find((at) => at > current);
  const previous = (): number | undefined => visible.findLast((at) => at < current);
  const put = (id: string, decision: Decision | null): void =>
    setItems((all) => all.map((one) => (one.record.id === id ? { ...one, decision } : one)));
  const fail = (what: string, error: unknown): void =>
    setSaid({ text: `${what}: ${error instanceof Error ? error.message : String(error)}`, bad: true });

  const decide = async (asked: Omit<AskedDecision, 'id'>): Promise<void> => {
    if (item === undefined || saving.current) return;
    const { id } = item.record;
    saving.current = true;
    try {
      put(id, await source.decide({ id, ...asked }));
    } catch (error) {
      fail('Not saved', error);
      return;
    } finally {
      saving.current = false;
    }
    done.current.push(id);
    setSaid({ text: `${asked.decision}${asked.why ? `: ${asked.why}` : ''}`, bad: false });
    go(next() ?? visible.find((at) => at !== current) ?? current);
  };
  const undo = async (): Promise<void> => {
    const id = done.current.at(-1) ?? (item?.decision ? item.record.id : undefined);
    if (id === undefined) {
      setSaid({ text: 'nothing to undo', bad: false });
      return;
    }
    try {
      put(id, await source.undo(id));
    } catch (error) {
      fail('Not undone', error);
      return;
    }
    done.current.pop();
    setSaid({ text: 'undone', bad: false });
    go(items.findIndex(({ record }) => record.id === id));
  };
  const mend = (): void => {
    if (item === undefined) return;
    setDraft(shownOf(item));
    setMode('mend');
  };
  const save = (): void => {
    if (draft !== null) void decide({ decision: 'mended', trajectory: draft });
  };
  const leave = (): void => {
    setListOpen(false);
    setMode('look');
    setDraft(null);
    main.current?.focus({ preventScroll: true });
  };
  const reject = (why: string): void => void decide({ decision: 'rejected', ...(why === '' ? {} : { why }) });

  useLayoutEffect(() => {
    if (mode === 'mend')
      (
        main.current?.querySelector<HTMLElement>('.editing') ?? main.current?.querySelector('textarea')
      )?.focus();
  }, [mode]);
  const moving = {
    j: () => go(next()),
    k: () => go(previous()),
    ArrowDown: () => go(next()),
    ArrowUp: () => go(previous()),
  };
  const reasons = Object.fromEntries(REASONS.map((why, at) => [String(at + 1), () => reject(why)]));
  const keys: Record<Mode, Record<string, () => void>> = {
    look: {
      ...moving,
      a: () => void decide({ decision: 'accepted' }),
      r: () => setMode('reject'),
      m: mend,
      u: () => void undo(),
      l: () => setListOpen((open) => !open),
      f: () => document.getElementById('filter')?.focus(),
      '/': () => document.getElementById('search')?.focus(),
      '?': () => setMode('help'),
      Escape: leave,
    },
    reject: { ...reasons, Escape: leave },
    mend: { Escape: leave, 'Ctrl+Enter': save },
    help: {},
  };
  useKeys(item === undefined ? { u: () => void undo() } : keys[mode]);

  const status = html`<p role="status" class=${said?.bad === true ? 'said bad' : 'said'}>
    ${said?.text ?? ''}
  </p>`;
  return html`
    <header>
      <h1>Review <small title=${data.folder}>${data.folder.split(/[\\/]/).at(-1)}</small></h1>
      <${Progress} items=${items} />
      <${Filters}
        items=${items}
        filter=${filter}
        onFilter=${setFilter}
        search=${search}
        onSearch=${setSearch}
      />
      <div class="tools">
        <button type="button" class="only-narrow" aria-expanded=${isListOpen} onClick=${keys.look['l']}>
          List<kbd aria-hidden="true">l</kbd>
        </button>
        ${source.download !== null && html`<button type="button" onClick=${source.download}>Download decisions</button>`}
        <${Key} name="?" onPress=${() => setMode('help')}>Keys<//>
      </div>
    </header>
    <div class=${isListOpen ? 'body open' : 'body'}>
      <nav aria-label="Trajectories">
        <p class="count">${visible.length} shown</p>
        <${List} items=${items} visible=${visible} current=${current} onChoose=${go} />
      </nav>
      <main ref=${main} tabindex="-1">
        ${
          item === undefined
            ? html`<p class="note">There is no trajectory to decide on.</p>`
            : html`<${Trajectory}
                key=${item.record.id}
                source=${source}
                index=${current}
                item=${item}
                draft=${draft}
                onDraft=${setDraft}
                ahead=${next()}
                items=${items}
              />`
        }
      </main>
    </div>
    <footer>
      ${mode === 'reject' && html`<${RejectPanel} onReject=${reject} onCancel=${leave} />`}
      ${
        mode === 'mend'
          ? html`<div class="row">
              <${Key} name="Ctrl+Enter" kind="mended" onPress=${save}>Save as mended<//>
              <${Key} name="Esc" onPress=${leave}>Leave as it was<//>
              ${status}
            </div>`
          : html`<div class="row">
              <${Key} name="a" kind="accepted" onPress=${keys.look['a']}>Accept<//>
              <${Key} name="r" kind="rejected" onPress=${keys.look['r']}>Reject<//>
              <${Key} name="m" kind="mended" onPress=${mend}>Mend<//>
              <${Key} name="u" onPress=${() => void undo()}>Undo<//>
              ${status}
              <${Key} name="k" disabled=${previous() === undefined} onPress=${moving.k}>Previous<//>
              <${Key} name="j" disabled=${next() === undefined} onPress=${moving.j}>Next<//>
            </div>`
      }
    </footer>
    <p id="box-keys" class="hidden">
      Arrows move the box, with Shift its lower right corner, with Alt in finer steps. Brackets change the
      frame.
    </p>
    ${mode === 'help' && html`<${Help} onClose=${leave} />`}
  `;
}

function Trajectory({
  source,
  index,
  item,
  draft,
  onDraft,
  ahead,
  items,
}: {
  source: Source;
  index: number;
  item: ReviewItem;
  draft: TrajectoryRecord | null;
  onDraft: (change: (draft: TrajectoryRecord | null) => TrajectoryRecord | null) => void;
  /** The one that comes next: its pictures are asked for before they are needed. */
  ahead: number | undefined;
  items: readonly ReviewItem[];
}): VNode {
  const [facts, setFacts] = useState<VideoFacts | null>(null);
  useEffect(() => void source.facts(index).then(setFacts), [index]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (ahead !== undefined) preload(source, ahead, shownOf(items[ahead]!));
    }, 400);
    return () => clearTimeout(timer);
  }, [ahead]);
  const { decision, origin, why } = item;
  const record = draft ?? shownOf(item);
  const mend =
    draft === null
      ? null
      : (change: (draft: TrajectoryRecord) => TrajectoryRecord): void =>
          onDraft((now) => (now === null ? null : change(now)));
  return html`
    <article class=${draft === null ? '' : 'mending'} aria-labelledby="question">
      <p class="tags">
        <span class="tag">${record.style}</span>
        ${decision !== null && html`<span class=${`badge ${decision.decision}`}>${decision.decision} by ${decision.by}</span>`}
        ${origin === 'rejected' && html`<span class="badge refused">failed checks</span>`}
        <span class="file"><bdi>${record.id}</bdi> · <bdi>${record.video}</bdi> at ${record.fps} fps</span>
      </p>
      <h2 id="question" dir="auto">${record.question}</h2>
      <p class="truth">
        ${record.answers.map((answer) => html`<bdi>${answer}</bdi>`)}
        ${record.turns.at(-1)?.action.tool === 'answer' && html`<${Verdict} record=${record} />`}
      </p>
      ${why.length > 0 && html`<p class="why">Quality control: ${why.join(' · ')}</p>`}
      ${decision?.why !== undefined && html`<p class="why">Decided because: <bdi>${decision.why}</bdi></p>`}
      <ol class="turns">
        ${record.turns.map(
          (turn, at) =>
            html`<${Turn}
              key=${at}
              shown=${{ source, item: index, facts }}
              turn=${turn}
              at=${at}
              mend=${mend}
            />`,
        )}
      </ol>
    </article>
  `;
}

/** A hint and no more: what counts as the same answer is the metric's to say. */
function Verdict({ record: { answers, turns } }: { record: TrajectoryRecord }): VNode {
  const action = turns.at(-1)?.action;
  const said = action?.tool === 'answer' ? action.text.trim().toLowerCase() : '';
  const isSame = answers.some((answer) => answer.trim().toLowerCase() === said);
  return isSame
    ? html`<small class="same">✓ it answers this</small>`
    : html`<small class="other"
        >✗ it answers <bdi>${action?.tool === 'answer' ? action.text : ''}</bdi></small
      >`;
}

function preload(source: Source, index: number, { turns }: TrajectoryRecord): void {
  for (const [at, { action }] of turns.entries()) {
    const wanted =
      action.tool === 'clip'
        ? action.targetFrames.map((frame) => source.frame(index, frame))
        : action.tool === 'crop'
          ? [
              source.frame(index, action.targetFrame),
              source.crop(index, at, action.targetFrame, action.bbox01),
            ]
          : [];
    for (const src of wanted) if (src !== null) new Image().src = src;
  }
}

const data = JSON.parse(document.getElementById('data')!.textContent ?? '') as PageData;
const source = sourceOf(data);
const root = document.getElementById('app')!;
source.items().then(
  (given) => {
    root.textContent = '';
    render(html`<${App} data=${data} source=${source} given=${given} />`, root);
    root.querySelector('main')?.focus({ preventScroll: true });
  },
  (error: unknown) => {
    root.textContent = `The trajectories could not be loaded: ${String(error)}`;
  },
);
