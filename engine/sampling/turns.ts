import { QUESTION_SLOT, SLOT } from '../../domain/protocol/compact.js';
import type { SamplingOptions } from '../../domain/sampling.js';
import { f32, i32, promptFeeds, scalar, type Feeds } from '../feeds.js';
import type { Drawing } from '../policy/draw.js';
import { memoryParts } from '../policy/memory.js';
import { recallGraph } from '../policy/recall-graph.js';
import type { PolicySpec } from '../policy/spec.js';
import { turnGraph } from '../policy/turn-graph.js';
import type { Sessions } from '../sessions.js';
import { slab } from '../slab.js';
import { encodeLooks } from './encoder.js';
import { BatchMemory, joinMemories, type RolloutMemory } from './memory.js';
import type { DrawnTurn, OpenRollout, TurnRequest } from './rollouts.js';

/** Rows of a batch come in multiples of this, so that few shapes of session are needed. */
const ROWS = 16;

export interface SamplerDeps {
  readonly spec: PolicySpec;
  readonly sessions: Sessions;
}

/**
 * Draws the next turn of rollouts that are all at the same turn. A rollout's tokens, log-probabilities and memory do not
 * depend on the others, on its place among them, nor on whether its memory was kept or made again.
 *
 * @param weights the policy's, as feeds
 */
export async function drawTurns(
  { spec, sessions }: SamplerDeps,
  weights: Feeds,
  options: SamplingOptions,
  requests: readonly TurnRequest[],
): Promise<readonly DrawnTurn[]> {
  const rollouts = requests.map(({ rollout }) => rollout);
  const looks = rollouts[0]!.actions.length;
  const batch = Math.ceil(requests.length / ROWS) * ROWS;
  const drawing: Drawing = options.greedy ? 'greedy' : options.topP < 1 ? 'nucleus' : 'drawn';
  const deps = { spec, sessions, weights };
  const past = looks > 0 ? joinMemories(spec, await remembered(deps, requests), batch) : {};
  const news = looks > 0 ? await newsFeeds(deps, rollouts, batch) : prompts(rollouts, batch);
  const out = await sessions.run(
    `turn/${batch}/${looks}/${drawing}`,
    () => turnGraph(spec, { batch, looks }, drawing),
    {
      ...weights,
      ...past,
      ...news,
      forced: i32(
        ints(batch, 1, requests, ({ forced }) => [Number(forced)]),
        [batch],
      ),
      ...(drawing === 'greedy' ? {} : chanceFeeds(options, drawing, requests, batch)),
    },
    roomFor(spec, looks + 1, batch, past),
  );
  const tokens = out['tokens']!.data as Int32Array;
  const logProbs = out['logProbs']!.data as Float32Array;
  const memory = new BatchMemory(spec, looks + 1, batch, out, past);
  return requests.map((_, row) => ({
    tokens: tokens.slice(row * SLOT, (row + 1) * SLOT),
    logProbs: logProbs.slice(row * SLOT, (row + 1) * SLOT),
    memory: { of: memory, row },
  }));
}

interface Deps extends SamplerDeps {
  readonly weights: Feeds;
}

/** Every rollout's memory: kept, or made again where it was not. */
async function remembered(deps: Deps, requests: readonly TurnRequest[]): Promise<readonly RolloutMemory[]> {
  const lost = requests.filter(({ memory }) => memory === null).map(({ rollout }) => rollout);
  if (lost.length === 0) return requests.map(({ memory }) => memory!);
  const recalled = await recall(deps, lost);
  let next = 0;
  return requests.map(({ memory }) => memory ?? { of: recalled, row: next++ });
}

async function recall(deps: Deps, rollouts: readonly OpenRollout[]): Promise<BatchMemory> {
  const { spec, sessions, weights } = deps;
  const turns = rollouts[0]!.actions.length;
  const batch = Math.ceil(rollouts.length / ROWS) * ROWS;
  const looked = turns - 1;
  const feeds: Feeds = {
    ...weights,
    ...prompts(rollouts, batch),
    actions: i32(
      ints(batch, turns * SLOT, rollouts, ({ actions }) => actions.flat()),
      [batch, turns, SLOT],
    ),
  };
  if (looked > 0) {
    const kinds = ints(batch, looked, rollouts, ({ looks }) =>
      looks.slice(0, looked).map(({ kind }) => kind),
    );
    feeds['lookKinds'] = i32(kinds, [batch, looked]);
    const earlier = rollouts.flatMap(({ looks }) => looks.slice(0, looked));
    feeds['seen'] = await encodeLooks(deps, earlier, batch * looked);
  }
  const out = await sessions.run(
    `recall/${batch}/${turns}`,
    () => recallGraph(spec, { batch, looks: turns }),
    feeds,
    roomFor(spec, turns, batch, {}),
  );
  return new BatchMemory(spec, turns, batch, out, {});
}

/** Memory for what is new to remember after `turns` turns. */
function roomFor(spec: PolicySpec, turns: number, batch: number, before: Feeds): Feeds {
  const parts = memoryParts(spec, turns).filter(({ name }) => !(name in before));
  return slab(parts.map(({ name, shape }) => ({ name: `${name}+`, shape: shape(batch) })));
}

function prompts(rollouts: readonly OpenRollout[], batch: number): Feeds {
  const words = ints(batch, QUESTION_SLOT, rollouts, (rollout) => rollout.words);
  const size = rollouts[0]!.thumbs.length;
  const thumbs = new Uint8Array(batch * size);
  rollouts.forEach((rollout, i) => {
    thumbs.set(rollout.thumbs, i * size);
  });
  return promptFeeds(batch, { words, thumbs });
}

/** What came since the turn before: its last token, and the look that it brought. */
async function newsFeeds(deps: Deps, rollouts: readonly OpenRollout[], batch: number): Promise<Feeds> {
  const newest = rollouts.map(({ looks }) => looks.at(-1)!);
  return {
    said: i32(
      ints(batch, 1, rollouts, ({ actions }) => actions.at(-1)!.slice(-1)),
      [batch],
    ),
    lookKinds: i32(
      ints(batch, 1, newest, ({ kind }) => [kind]),
      [batch, 1],
    ),
    seen: await encodeLooks(deps, newest, batch),
  };
}

function chanceFeeds(
  { temperature, topP }: SamplingOptions,
  drawing: Drawing,
  requests: readonly TurnRequest[],
  batch: number,
): Feeds {
  const uniforms = new Float32Array(batch * SLOT);
  requests.forEach((request, i) => {
    uniforms.set(request.uniforms, i * SLOT);
  });
  return {
    uniforms: f32(uniforms, [batch, SLOT]),
    temperature: scalar(temperature),
    ...(drawing === 'nucleus' ? { topP: scalar(topP) } : {}),
  };
}

/** Small integers of each row, [batch, width]; rows beyond are 0. */
function ints<T>(
  batch: number,
  width: number,
  rows: readonly T[],
  of: (row: T) => readonly number[],
): Int32Array {
  const all = new Int32Array(batch * width);
  rows.forEach((row, i) => {
    all.set(of(row), i * width);
  });
  return all;
}
