import { afterEach, describe, expect, it } from 'vitest';
import { Child } from '../../infra/bench/child.js';
import { takeTurns, type Contestant, type Turns } from '../../infra/bench/turns.js';

const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** A real process that answers each request by an expression over it. */
function child(name: string, expression: string): Child {
  const script = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const request = JSON.parse(line);
    console.log(JSON.stringify({ id: request.id, ...(${expression}) }));
  });`;
  const made = new Child(name, process.execPath, ['-e', script], process.env);
  children.push(made);
  return made;
}

const steady = (ms: number): string =>
  `{ result: request.task === 'measure' ? Array(request.times).fill(${ms}) : 'same' }`;

function held(theirs: Child): Promise<Turns> {
  const contestant: Contestant = {
    name: 'theirs',
    child: theirs,
    variant: null,
    apart: false,
    readyWithinMs: 20_000,
  };
  const same = (a: string, b: string): string | null => (a === b ? null : `${a} is not ${b}`);
  const options = { rounds: 3, threads: 1, clock: 'wall', onProgress: () => undefined } as const;
  return takeTurns<string>({ name: 'some' }, same, child('ours', steady(1000)), [contestant], options);
}

describe('sides that take turns', () => {
  it('give each round, numbered, so that both can do the same in it', async () => {
    const { ours, theirs } = await held(
      child('theirs', `{ result: request.task === 'measure' ? [request.round] : 'same' }`),
    );
    expect(ours).toEqual([[1000], [1000], [1000]]);
    expect(theirs).toEqual({ theirs: [[0], [1], [2]] });
  });

  it('go on without one that fails between rounds, and without its numbers', async () => {
    const failing = child(
      'theirs',
      `request.task === 'measure' && request.round === 1 ? { error: 'no memory' } : ${steady(1)}`,
    );
    const { ours, theirs, standing, reasons } = await held(failing);
    expect(ours.length).toBe(3);
    expect([theirs, standing]).toEqual([{}, []]);
    expect(reasons['theirs']).toContain('no memory');
  });

  it('leave out one that does something else', async () => {
    const { reasons } = await held(child('theirs', `{ result: 'other' }`));
    expect(reasons).toEqual({ theirs: 'same is not other' });
  });
});
