import { describe, expect, it } from 'vitest';

import { attribute, type Activity, PARTS } from '../../infra/bench/attribution.js';

const nothing = { sampling: 0, tools: 0, scoring: 0, training: 0, storage: 0, orchestration: 0 };

describe('where a step’s time goes', () => {
  it('calls what no activity’s stopwatch saw orchestration, on the way there and on the way back', () => {
    // |··ssss··|tttt··|: 4 ms apart from its work in the middle of the first, 2 ms around the second.
    const activities = [activity(0, 8, ['sampling', 4]), activity(8, 14, ['tools', 4])];
    expect(attribute(activities, { fromMs: 0, toMs: 20 })).toEqual({
      ...nothing,
      sampling: 4,
      tools: 4,
      orchestration: 12,
    });
  });

  it('counts no moment twice where activities work side by side', () => {
    const activities = [activity(0, 10, ['sampling', 10]), activity(5, 15, ['tools', 10])];
    expect(attribute(activities, { fromMs: 0, toMs: 15 })).toEqual({ ...nothing, sampling: 7.5, tools: 7.5 });
  });

  it('puts the stretches of one activity one after the other, in their order', () => {
    const activities = [activity(0, 12, ['storage', 2], ['training', 8], ['storage', 2])];
    expect(attribute(activities, { fromMs: 0, toMs: 6 })).toEqual({ ...nothing, storage: 2, training: 4 });
  });

  it('leaves out what lies outside the window', () => {
    const activities = [activity(-5, 5, ['training', 10]), activity(15, 25, ['training', 10])];
    const parts = attribute(activities, { fromMs: 0, toMs: 20 });
    expect(parts).toEqual({ ...nothing, training: 10, orchestration: 10 });
  });

  it('does not let a rounded stopwatch claim more than there was', () => {
    const parts = attribute([activity(0, 9.4, ['training', 10])], { fromMs: 0, toMs: 10 });
    expect(parts.training).toBeCloseTo(9.4);
    expect(parts.orchestration).toBeCloseTo(0.6);
  });

  it('adds up to the window, whatever overlaps', () => {
    const works = ['sampling', 'tools', 'scoring', 'training', 'storage'] as const;
    const activities = Array.from({ length: 50 }, (_, i) =>
      activity((i * 37) % 101, ((i * 37) % 101) + 3 + (i % 11), [works[i % 5]!, 1 + (i % 7)]),
    );
    const parts = attribute(activities, { fromMs: 10, toMs: 90 });
    expect(PARTS.reduce((sum, part) => sum + parts[part], 0)).toBeCloseTo(80);
  });
});

function activity(
  startedMs: number,
  endedMs: number,
  ...did: readonly (readonly [Activity['did'][number]['part'], number])[]
): Activity {
  return { startedMs, endedMs, did: did.map(([part, ms]) => ({ part, ms })) };
}
