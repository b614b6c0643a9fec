import { describe, expect, it } from 'vitest';
import type { Look, ToolCall } from '../../domain/tools/contract.js';
import type { Rollout, Turn } from '../../domain/trajectory.js';
import { countsOf, lastClipOf, regionsOf } from '../../domain/looks.js';
import { BugFailure } from '../../domain/failures.js';
import { answerReward } from '../../domain/rewards/answer.js';
import { combinedReward } from '../../domain/rewards/combine.js';
import { curiosity } from '../../domain/rewards/curiosity.js';
import { diversity } from '../../domain/rewards/diversity.js';
import { formatReward } from '../../domain/rewards/format.js';
import { representativeness } from '../../domain/rewards/representativeness.js';
import { stream } from '../../domain/seeds.js';

const v = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

function look(frame: number, box01: Look['box01']): Look {
  return { frame, box01, widthPx: 32, heightPx: 18, offset: 0 };
}

function turn(over: Partial<Turn>): Turn {
  return { thought: null, action: null, tokens: [], logProbs: [], mask: [], ...over };
}

function seen(call: ToolCall): Turn {
  const looks =
    call.tool === 'clip'
      ? call.targetFrames.map((frame) => look(frame, null))
      : [look(call.targetFrame, call.bbox01)];
  return turn({ action: call, observation: { kind: 'looks', call, looks } });
}

const answer = turn({ action: { tool: 'answer', text: '42' } });
const unreadable = turn({ failure: 'the message has no end' });
const refused = turn({
  action: { tool: 'clip', targetFrames: [99] },
  observation: { kind: 'refused', reason: 'there is no frame 99' },
});
const clip = (...targetFrames: number[]): Turn => seen({ tool: 'clip', targetFrames });
const crop = (targetFrame: number): Turn => seen({ tool: 'crop', targetFrame, bbox01: [0, 0, 1, 1] });
const rollout = (...turns: Turn[]): Rollout => ({ questionId: 'q', sample: 0, turns, answer: null });

describe('what a rollout looked at', () => {
  const all = rollout(clip(1, 2), crop(3), refused, clip(4), unreadable, crop(5), answer);

  it('counts valid calls apart from refused and unreadable messages', () => {
    expect(countsOf(all)).toEqual({ clips: 2, crops: 2, valid: 4, refused: 2, turns: 7 });
    expect(countsOf(rollout())).toEqual({ clips: 0, crops: 0, valid: 0, refused: 0, turns: 0 });
  });

  it('takes regions from crops alone, frames from the last valid clip alone', () => {
    expect(regionsOf(all).map(({ frame }) => frame)).toEqual([3, 5]);
    expect(lastClipOf(all)?.map(({ frame }) => frame)).toEqual([4]);
    expect(lastClipOf(rollout(clip(1), refused))?.map(({ frame }) => frame)).toEqual([1]);
    expect(lastClipOf(rollout(crop(1), answer))).toBeNull();
  });
});

describe('answer and format', () => {
  it('answer is 1 for any true answer after normalisation, 0 for none given', () => {
    expect([answerReward('Two.', ['2']), answerReward('3', ['2']), answerReward(null, [''])]).toEqual([
      1, 0, 0,
    ]);
  });

  it('format is 1 when all messages parse and the last is an answer; refused calls are well formed', () => {
    expect(formatReward(rollout(crop(1), refused, answer))).toBe(1);
    expect(formatReward(rollout(unreadable, answer))).toBe(0);
    expect(formatReward(rollout(crop(1)))).toBe(0);
    expect(formatReward(rollout())).toBe(0);
  });
});

describe('diversity', () => {
  it('is the mean of 1 − cos over pairs, by hand', () => {
    // cos: (a,b) 0, (a,c) 1/√2, (b,c) 1/√2
    expect(diversity([v(2, 0), v(0, 5), v(1, 1)])).toBeCloseTo((1 + 2 * (1 - Math.SQRT1_2)) / 3, 7);
    expect(diversity([v(1, 0), v(-3, 0)])).toBeCloseTo(2, 12);
  });

  it('is 0 below two regions and for equal ones, at least 0 always, and does not see length or order', () => {
    expect([diversity([]), diversity([v(1, 2)])]).toEqual([0, 0]);
    const random = stream('diversity');
    for (let i = 0; i < 100; i++) {
      const regions = Array.from({ length: 4 }, () => random.floats(6).map((x) => x - 0.5));
      const value = diversity(regions);
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(2);
      expect(diversity(regions.toReversed().map((r) => r.map((x) => x * 4)))).toBeCloseTo(value, 10);
      expect(diversity([regions[0]!, regions[0]!])).toBeCloseTo(0, 12);
      expect(diversity([regions[0]!, regions[0]!])).toBeGreaterThanOrEqual(0);
    }
  });

  it('takes the cosine with a zero vector for 0, and refuses vectors that cannot be compared', () => {
    expect(diversity([v(0, 0), v(1, 0)])).toBe(1);
    expect(() => diversity([v(1, 0), v(1)])).toThrow(BugFailure);
    expect(() => diversity([v(Number.NaN, 0), v(1, 0)])).toThrow(BugFailure);
  });
});

describe('representativeness', () => {
  it('is exp of minus the mean distance to the nearest chosen frame, by hand', () => {
    const frames = [v(3, 0), v(0, 7), v(-1, 0)];
    // Nearest to u = (1,0): distances 0, √2, 2.
    expect(representativeness(frames, [v(1, 0)])).toBeCloseTo(Math.exp(-(Math.SQRT2 + 2) / 3), 7);
    expect(representativeness(frames, [v(1, 0), v(0, 1)])).toBeCloseTo(Math.exp(-Math.SQRT2 / 3), 7);
  });

  it('is 1 when every frame is chosen, 0 without a clip, and never falls when a frame is added', () => {
    const random = stream('representativeness');
    const frames = Array.from({ length: 8 }, () => random.floats(5));
    expect(representativeness(frames, frames)).toBeCloseTo(1, 12);
    expect([representativeness(frames, null), representativeness(frames, [])]).toEqual([0, 0]);
    const values = frames.map((_, i) => representativeness(frames, frames.slice(0, i + 1)));
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });

  it('is a bug without input frames or with vectors of two lengths', () => {
    expect(() => representativeness([], [v(1)])).toThrow(BugFailure);
    expect(() => representativeness([v(1, 0)], [v(1)])).toThrow(BugFailure);
  });
});

describe('curiosity', () => {
  const ancestor = { alpha: 0.5, threshold: 0.3, beta: 0.05, minCalls: 1 };

  it('with G = 8 pays only when 1 or 2 of 8 look, by hand', () => {
    const looking = (n: number): number[] => Array.from({ length: 8 }, (_, i) => (i < n ? 1 : 0));
    const paid = [0, 1, 2, 3, 8].map((n) => curiosity(looking(n), 8, ancestor)[0]!);
    expect(paid[0]).toBe(0);
    expect(paid[1]).toBeCloseTo(0.5 * (0.3 - 0.125), 12);
    expect(paid[2]).toBeCloseTo(0.5 * (0.3 - 0.25), 12);
    expect(paid.slice(3)).toEqual([0, 0]);
  });

  it('pays those who looked alone, and takes β for each call past N', () => {
    expect(curiosity([0, 4, 0, 0], 4, ancestor)).toEqual([0, expect.closeTo(0.025 - 0.15, 12), 0, 0]);
    expect(curiosity([1, 1, 2, 3], 4, ancestor)).toEqual([0, 0, -0.05, -0.1]);
  });

  it('is refused while a rollout of the group is missing', () => {
    expect(() => curiosity([1, 0, 0], 4, ancestor)).toThrow('all 4 rollouts');
  });
});

describe('the combined reward', () => {
  const config = {
    formatWeight: 0.1,
    diversity: 0.2,
    representativeness: 0.3,
    curiosity: { weight: 2, alpha: 0.5, threshold: 0.3, beta: 0.05, minCalls: 1 },
  };

  it('is the weighted sum, by hand', () => {
    const terms = { answer: 1, format: 1, diversity: 0.5, representativeness: 0.25, curiosity: -0.05 };
    expect(combinedReward(terms, config)).toBeCloseTo(1 + 0.1 + 0.1 + 0.075 - 0.1, 12);
  });

  it('adds nothing for a term that does not apply', () => {
    const none = { answer: 0, format: 1, diversity: null, representativeness: null, curiosity: null };
    expect(combinedReward(none, config)).toBe(0.1);
  });
});
