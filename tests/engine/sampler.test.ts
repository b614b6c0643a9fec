import { afterAll, describe, expect, it } from 'vitest';
import { decodeSlot, SLOT } from '../../domain/protocol/compact.js';
import { stream } from '../../domain/seeds.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import type { Graph } from '../../engine/graph/graph.js';
import { Sessions } from '../../engine/sessions.js';
import type { DrawnTurn, OpenRollout, TurnRequest } from '../../engine/sampling/rollouts.js';
import { Sampler } from '../../engine/sampling/sampler.js';
import { f32, type Feeds } from '../../engine/feeds.js';
import { parameters } from '../../engine/policy/spec.js';
import { denseWeights, drawTurns, followed, PLAIN, randomRollouts, said } from './support/rollouts.js';

const SPEC = { width: 32, layers: 1, heads: 2, maxLooks: 2 };
const weights = denseWeights(SPEC);
const feeds: Feeds = Object.fromEntries(
  parameters(SPEC).map(({ name, shape }) => [name, f32(weights.get(name)!, shape)]),
);
const engine = new EmbeddedEngine(SPEC, { threads: 1 });

/** Sessions that note which graphs have run. */
class Noted extends Sessions {
  readonly keys: string[] = [];

  override run(...args: [string, () => Graph, Feeds, Feeds?]): ReturnType<Sessions['run']> {
    this.keys.push(args[0]);
    return super.run(...args);
  }
}

const sessions = new Noted({ threads: 1 });
afterAll(() => Promise.all([engine.close(), sessions.close()]));

function sampler(capacity: number): Sampler {
  sessions.keys.length = 0;
  return new Sampler({ spec: SPEC, sessions }, { capacity });
}

function request(rollout: OpenRollout): TurnRequest {
  const uniforms = Float32Array.from(stream('sampler', ...rollout.words).floats(SLOT));
  return { rollout, memory: null, uniforms, forced: false };
}

describe('continuous batching', () => {
  it('draws together what several callers wait for, each turn in full batches first', async () => {
    const one = sampler(32);
    const callers = ['a', 'b', 'c'].map((name) => randomRollouts(name, 12, 0));
    const draws = (draw: (one: TurnRequest) => Promise<DrawnTurn>) =>
      Promise.all(callers.map(async (rollouts) => said(await Promise.all(rollouts.map(request).map(draw)))));
    const together = await draws((asked) => one.draw(feeds, PLAIN, asked));
    expect(sessions.keys).toEqual(['turn/32/0/drawn', 'turn/16/0/drawn']);
    // One at a time, in batches of one rollout and fifteen rows of padding.
    const alone: unknown[] = [];
    for (const rollouts of callers) {
      const turns: DrawnTurn[] = [];
      for (const rollout of rollouts) turns.push(await engine.drawTurn(weights, PLAIN, request(rollout)));
      alone.push(said(turns));
    }
    expect(together).toEqual(alone);
  });

  it('keeps turns, policies and ways of drawing apart', async () => {
    const one = sampler(32);
    const other = { ...feeds };
    const [first] = randomRollouts('first', 1, 0);
    const [later] = randomRollouts('later', 1, 1);
    await Promise.all([
      one.draw(feeds, PLAIN, request(first!)),
      one.draw(other, PLAIN, request(first!)),
      one.draw(feeds, { ...PLAIN, greedy: true }, request(first!)),
      one.draw(feeds, { ...PLAIN, topP: 0.5 }, request(first!)),
      one.draw(feeds, PLAIN, request(later!)),
    ]);
    const turns = sessions.keys.filter((key) => key.startsWith('turn/'));
    expect(turns.sort()).toEqual([
      'turn/16/0/drawn',
      'turn/16/0/drawn',
      'turn/16/0/greedy',
      'turn/16/0/nucleus',
      'turn/16/1/drawn',
    ]);
  });

  it('lets rollouts join while others are being drawn', async () => {
    const one = sampler(16);
    const rollouts = randomRollouts('late', 3, 0);
    const early = one.draw(feeds, PLAIN, request(rollouts[0]!));
    const joined = early.then(() => one.draw(feeds, PLAIN, request(rollouts[1]!)));
    const during = one.draw(feeds, PLAIN, request(rollouts[2]!));
    const turns = await Promise.all([early, joined, during]);
    expect(turns.every(({ tokens }) => tokens.length === 7)).toBe(true);
  });

  it('takes a turn that is no longer wanted out of the queue, and draws the others', async () => {
    const one = sampler(16);
    const [a, b] = randomRollouts('abort', 2, 0);
    const stop = new AbortController();
    const gone = one.draw(feeds, PLAIN, request(a!), stop.signal);
    const wanted = one.draw(feeds, PLAIN, request(b!));
    stop.abort(new Error('no longer wanted'));
    await expect(gone).rejects.toThrow('no longer wanted');
    expect((await wanted).tokens).toHaveLength(7);
  });

  it('fails those of the batch that failed, and goes on', async () => {
    const one = sampler(16);
    const [a, b] = randomRollouts('fail', 2, 0);
    const { ['head.action']: _, ...crippled } = feeds;
    const failing = one.draw(crippled, PLAIN, request(a!));
    const fine = one.draw(feeds, PLAIN, request(b!));
    await expect(failing).rejects.toThrow('head.action');
    expect((await fine).tokens).toHaveLength(7);
  });

  it('computes nothing again that it remembers', async () => {
    const one = sampler(16);
    const [rollout] = randomRollouts('memory', 1, 0);
    const turn = await one.draw(feeds, PLAIN, request(rollout!));
    const next = followed(rollout!, turn);
    sessions.keys.length = 0;
    await one.draw(feeds, PLAIN, { ...request(next), memory: turn.memory });
    expect(sessions.keys.filter((key) => key.startsWith('recall/'))).toEqual([]);
    await one.draw(feeds, PLAIN, request(next));
    expect(sessions.keys.filter((key) => key.startsWith('recall/'))).toHaveLength(1);
  });
});

describe('a policy under the grammar', () => {
  it('always speaks the protocol, whatever its weights', async () => {
    const strict = new EmbeddedEngine({ ...SPEC, grammar: true }, { threads: 1 });
    const rollouts = randomRollouts('protocol', 64, 1);
    const bad = (turns: Awaited<ReturnType<typeof drawTurns>>): number =>
      turns.filter(({ tokens }) => 'failure' in decodeSlot([...tokens])).length;
    expect(bad(await drawTurns(engine, weights, rollouts))).toBeGreaterThan(32);
    expect(bad(await drawTurns(strict, weights, rollouts))).toBe(0);
    expect(bad(await drawTurns(strict, weights, rollouts, { forced: true }))).toBe(0);
    await strict.close();
  });
});
