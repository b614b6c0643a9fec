import { afterEach, describe, expect, it } from 'vitest';

import { Child } from '../../../infra/bench/child.js';
import { duel, type DuelResult } from '../../../infra/bench/engine/duel.js';
import type { Contestant } from '../../../infra/bench/turns.js';
import { TRAIN, type TrainCheck } from '../../../infra/bench/engine/scenarios.js';

const agreed: TrainCheck = { losses: [3, 2.9, 2.8], gradNorms: [1, 1, 1] };
const scenario = { ...TRAIN, file: 'not read here' };
const children: Child[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** A real process that speaks as the measuring ones do, and says what it is told to. */
function speaker(
  name: string,
  { check = agreed, ms = 1000 }: { check?: TrainCheck; ms?: number } = {},
): Child {
  return child(
    name,
    `const { id, task, times } = JSON.parse(line);
     const result = task === 'open' ? ${JSON.stringify(check)} : task === 'measure' ? Array(times).fill(${ms}) : null;
     console.log(JSON.stringify({ id, result }));`,
  );
}

function child(name: string, onLine: string): Child {
  const script = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => { ${onLine} });`;
  const made = new Child(name, process.execPath, ['-e', script], process.env);
  children.push(made);
  return made;
}

function contestant(name: string, process: Child, apart = false): Contestant {
  return { name, child: process, variant: null, apart, readyWithinMs: 20_000 };
}

function held(contestants: readonly Contestant[], ours = speaker('ours')): Promise<DuelResult> {
  return duel(scenario, ours, contestants, {
    rounds: 3,
    threads: 1,
    clock: 'wall',
    onProgress: () => undefined,
  });
}

describe('our side beside others', () => {
  it('has its numbers, and no ratio, where there is no PyTorch', async () => {
    expect(await held([])).toMatchObject({
      ours: { medianMs: 1000, samples: 3 },
      theirs: {},
      ratioVsTorch: null,
      ratio: null,
      fastestTorch: null,
    });
  });

  it('is compared with the faster PyTorch; what is compiled is apart', async () => {
    const result = await held([
      contestant('plain', speaker('plain', { ms: 3000 })),
      contestant('warm', speaker('warm', { ms: 2000 })),
      contestant('compiled', speaker('compiled', { ms: 500 }), true),
    ]);
    expect(result).toMatchObject({
      ratioVsTorch: 2,
      fastestTorch: 'warm',
      apart: { compiled: { ratio: 0.5 } },
    });
  });

  it('is not compared with another model: the reason stands where its times would', async () => {
    const other = speaker('other', { check: { ...agreed, losses: [4, 4, 4] } });
    expect(await held([contestant('other', other)])).toMatchObject({
      ours: { medianMs: 1000 },
      theirs: { other: { reason: expect.stringContaining('losses of step 1 differ') as string } },
      ratioVsTorch: null,
    });
  });

  it('goes on without one that fails, that dies, or that takes too long', async () => {
    const failing = child(
      'failing',
      `console.log(JSON.stringify({ id: JSON.parse(line).id, error: 'no compiler' }))`,
    );
    const dying = child('dying', `console.error('out of memory'); process.exit(3)`);
    const result = await held([
      contestant('failing', failing),
      contestant('dying', dying),
      { ...contestant('slow', child('slow', '')), readyWithinMs: 50 },
      contestant('standing', speaker('standing', { ms: 1500 })),
    ]);
    expect(result.theirs).toMatchObject({
      failing: { reason: expect.stringContaining('no compiler') as string },
      dying: { reason: expect.stringMatching(/exit code 3[^]*out of memory/) as string },
      slow: { reason: expect.stringContaining('within 0.05 s') as string },
    });
    expect(result.ratioVsTorch).toBe(1.5);
  });

  it('fails where our side fails: there is nothing to say without it', async () => {
    await expect(held([], child('ours', 'process.exit(1)'))).rejects.toThrow('ours ended: exit code 1');
  });
});
