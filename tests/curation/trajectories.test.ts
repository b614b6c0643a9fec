import { describe, expect, it } from 'vitest';
import { parseCuration } from '../../configs/load-curation.js';
import { applyDecisions, lastDecisions, type Decision } from '../../domain/curation/decisions.js';
import { judge, type ReadPicture, type Replay } from '../../domain/curation/judge.js';
import { matchQuestion } from '../../domain/curation/match.js';
import { measureTruth } from '../../domain/curation/measure.js';
import { synthesize } from '../../domain/curation/synthesize.js';
import type { CurationSettings } from '../../domain/curation/settings.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import type { ToolCall } from '../../domain/tools/contract.js';
import { question, textOf, word } from './support/texts.js';

const settings = parseCuration('', 'defaults');

/** Trajectories of one question whose answer stands in frames 3 to 5 of 9, beside another text. */
function made(
  given: Partial<CurationSettings['synthesis']> = {},
  heightPx = 20,
): readonly TrajectoryRecord[] {
  const top = 0.5;
  const box = [0.1, top, 0.25, top + heightPx / 720] as const;
  const frames = Array.from({ length: 9 }, (_, i) => i + 1).map(
    (frame) =>
      [
        frame,
        [
          word('Departures', [0.6, 0.1, 0.8, 0.13]),
          ...(frame >= 3 && frame <= 5 ? [word('Brightwater', box)] : []),
        ],
      ] as const,
  );
  const text = textOf(frames);
  const match = matchQuestion(question(), text, settings.matching);
  if (match.kind !== 'matched') throw new Error(match.why);
  const synthesis = { ...settings.synthesis, ...given };
  return synthesize(match, text, { pictures: settings.pictures, synthesis }, { steps: [] });
}

describe('synthesis', () => {
  it('crops alone, and clips then crops, a text that a clip does not show', () => {
    const [drp, crp] = made({ recoverShare: 0 });
    expect(drp?.turns.map(({ action }) => action.tool)).toEqual(['crop', 'answer']);
    expect(crp?.turns.map(({ action }) => action.tool)).toEqual(['clip', 'crop', 'answer']);
    const crop = drp?.turns[0]?.action;
    // 20 px of text and 3 px of margin on each side.
    expect(crop).toEqual({ tool: 'crop', targetFrame: 3, bbox01: [0.0976, 0.4958, 0.2524, 0.532] });
  });

  it('clips alone a text that a clip shows', () => {
    const all = made({}, 60);
    expect(all.map(({ style }) => style)).toEqual(['drp']);
    expect(all[0]?.turns.map(({ action }) => action.tool)).toEqual(['clip', 'answer']);
  });

  it('looks wrong first in the share that was asked for, and never for more looks than allowed', () => {
    const looks = (seed: number, given: Partial<CurationSettings['synthesis']>): number =>
      made({ seed, ...given }).find(({ style }) => style === 'crp')!.turns.length - 1;
    const seeds = Array.from({ length: 60 }, (_, seed) => seed);
    const counts = seeds.map((seed) => looks(seed, { recoverShare: 1 }));
    expect(new Set(counts)).toEqual(new Set([3, 4]));
    expect(seeds.every((seed) => looks(seed, { recoverShare: 1, maxLooks: 3 }) === 3)).toBe(true);
    expect(seeds.every((seed) => looks(seed, { recoverShare: 1, maxLooks: 2 }) === 2)).toBe(true);
    const some = seeds.filter((seed) => looks(seed, { recoverShare: 0.2 }) > 2).length;
    expect(some).toBeGreaterThan(3);
    expect(some).toBeLessThan(25);
  });

  it('gives the same trajectories for the same seed, and thoughts that leave no gap', () => {
    expect(made({ seed: 3, recoverShare: 1 })).toEqual(made({ seed: 3, recoverShare: 1 }));
    for (let seed = 0; seed < 40; seed++) {
      for (const { turns } of made({ seed, recoverShare: 0.5 })) {
        for (const { thought } of turns) expect(thought).not.toMatch(/[{}]|undefined|""| {2}/);
        // Nobody says the answer before having seen it.
        for (const { thought } of turns.slice(0, -1)) expect(thought).not.toContain('Brightwater');
      }
    }
  });
});

/** A replay that reads what it is told: by look, and in the overview. */
function replay(reads: (call: ToolCall) => string, overview = ''): Replay {
  const picture = (text: string): readonly ReadPicture[] => [
    {
      frame: 1,
      widthPx: 300,
      heightPx: 100,
      words: text === '' ? [] : [{ text, box01: [0.1, 0.1, 0.9, 0.9], confidence: 0.9, line: 0 }],
    },
  ];
  return {
    frames: 9,
    overview: () => Promise.resolve(picture(overview)),
    look: (call) => Promise.resolve(picture(reads(call))),
  };
}

describe('quality control', () => {
  const crp = made({ recoverShare: 0 })[1]!;
  const cropShows = (call: ToolCall): string => (call.tool === 'crop' ? 'Brightwater' : 'nothing');

  it('takes what can be executed and is legible in the last look alone', async () => {
    expect(await judge(crp, replay(cropShows), settings.check)).toBeNull();
  });

  it.each([
    ['legible-in-overview', replay(cropShows, 'Brightwater')],
    ['legible-before', replay(() => 'Brightwater')],
    ['not-legible', replay(() => 'Bright')],
    ['refused-by-tool', { ...replay(cropShows), frames: 2 }],
  ])('rejects with %s', async (reason, shown) => {
    expect(await judge(crp, shown, settings.check)).toMatchObject({ reason });
  });

  it('rejects turns that answer too early, not at all, without looking, or falsely', async () => {
    const turns = crp.turns;
    const answer = (text: string) => ({ thought: '', action: { tool: 'answer', text } as const });
    const verdictOf = async (given: TrajectoryRecord['turns']) =>
      (await judge({ ...crp, turns: given }, replay(cropShows), settings.check))?.reason;
    expect(await verdictOf(turns.slice(0, 2))).toBe('no-answer');
    expect(await verdictOf([answer('Brightwater'), ...turns])).toBe('no-answer');
    expect(await verdictOf(turns.slice(2))).toBe('no-look');
    expect(await verdictOf([...turns.slice(0, 2), answer('Oakham')])).toBe('wrong-answer');
  });

  it('says in a sentence what was read instead', async () => {
    const verdict = await judge(
      crp,
      replay(() => 'Oakham'),
      settings.check,
    );
    expect(verdict?.why).toBe('the last look (crop) reads "Oakham"');
  });
});

describe("a person's decisions", () => {
  const [drp, crp] = made({ recoverShare: 0 }) as [TrajectoryRecord, TrajectoryRecord];
  const decision = (id: string, given: Decision['decision'], why?: string): Decision => ({
    id,
    decision: given,
    by: 'ann',
    at: '2026-01-02T03:04:05Z',
    ...(why === undefined ? {} : { why }),
  });
  const rejected = (reason: 'not-legible' | 'refused-by-tool') => [
    {
      id: crp.id,
      questionId: 'q1',
      video: crp.video,
      step: 'check',
      reason,
      why: 'because',
      trajectory: crp,
    } as const,
  ];

  it('count by their last line, and leave the person’s name', () => {
    const last = lastDecisions([decision(drp.id, 'accepted'), decision(drp.id, 'rejected', 'blurred')]);
    const decided = applyDecisions([drp], [], last);
    expect(decided.accepted).toEqual([]);
    expect(decided.rejected).toMatchObject([
      { reason: 'rejected-by-person', why: 'rejected by ann: blurred' },
    ]);
    const kept = applyDecisions([drp], [], lastDecisions([decision(drp.id, 'accepted')]));
    expect(kept.accepted[0]?.provenance.review).toEqual({ decision: 'accepted', by: 'ann' });
  });

  it('may accept what could not be read, and never what no tool would do', () => {
    const accept = lastDecisions([decision(crp.id, 'accepted')]);
    expect(applyDecisions([drp], rejected('not-legible'), accept).accepted).toHaveLength(2);
    const refused = applyDecisions([drp], rejected('refused-by-tool'), accept);
    expect(refused.accepted).toHaveLength(1);
    expect(refused.problems[0]).toContain('it cannot be');
  });

  it('about trajectories that are not there are named', () => {
    const { problems } = applyDecisions([drp], [], lastDecisions([decision('q9/drp', 'rejected')]));
    expect(problems).toEqual(['decision "rejected" for "q9/drp": there is no such trajectory']);
  });
});

describe('measuring against the truth', () => {
  it('counts what is right by time and place, and boxes by overlap', () => {
    const drp = made({})[0]!;
    const evidence = (box01: readonly [number, number, number, number]) => [
      { startSec: 2, endSec: 5, text: 'Brightwater', boxes: [{ sec: 2, box01 }] },
    ];
    const right = question({ evidence: evidence([0.1, 0.5, 0.25, 0.528]) });
    const found = [{ questionId: 'q1', frame: 3, box01: [0.1, 0.5, 0.25, 0.528] as const }];
    const unwritten = question({
      id: 'q2',
      answers: ['7'],
      evidence: [{ startSec: 0, endSec: 1, boxes: [] }],
    });
    expect(measureTruth([right, unwritten], found, [drp], 1)).toEqual({
      ...{ questions: 2, written: 1, found: 1, right: 1, precision: 1, recall: 1 },
      ...{ cropped: 1, boxesRight: 1, boxShare: 1 },
    });
    const elsewhere = question({ evidence: evidence([0.7, 0.5, 0.85, 0.528]) });
    expect(measureTruth([elsewhere], found, [drp], 1)).toMatchObject({ precision: 0, boxShare: 0 });
    expect(measureTruth([right], [{ ...found[0]!, frame: 6 }], [], 1)).toMatchObject({ right: 0 });
    expect(measureTruth([question()], found, [drp], 1)).toBeNull();
  });
});
