import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWriteReport } from '../../activities/report.js';
import type { GradedRollout } from '../../domain/graded.js';
import { sampleRun } from './sample-run.js';

const EVIL = '<script>alert("x")</script>';
const ATTRIBUTE = '" onload="alert(1)';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ruminate-page-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the page', () => {
  test('shows strings as text, whoever wrote them: a question, a thought, an answer, a name never become markup', async () => {
    const { deps, input } = await sampleRun(dir, poisoned);
    const { curriculum } = input;
    const stages = curriculum.stages.map((stage) =>
      stage.name === 'RL_c' ? { ...stage, name: EVIL } : stage,
    );
    const evaluations = input.evaluations.map((one) =>
      one.stage === 'RL_c' ? { ...one, stage: EVIL } : one,
    );
    const { html } = await createWriteReport({
      ...deps,
      madeBy: async () => ({ [EVIL]: ATTRIBUTE }),
      temporalUi: () => 'javascript:alert(1)',
    })({
      ...input,
      run: EVIL,
      curriculum: { ...curriculum, name: ATTRIBUTE, stages },
      evaluations,
      ledger: { ...input.ledger, quarantined: { [EVIL]: 0 } },
    });
    const page = Buffer.from(await deps.store.get(html)).toString();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain('&lt;script>alert(&quot;x&quot;)&lt;/script>');
    expect(page).not.toContain('onload="');
    expect(page).not.toContain('javascript:');
  });

  test('is one file: under 6 MB, no address to load from, ten rollouts with their pictures', async () => {
    const { deps, input } = await sampleRun(dir);
    const { html } = await createWriteReport(deps)(input);
    const page = Buffer.from(await deps.store.get(html)).toString();
    expect(html.bytes).toBeLessThan(6_000_000);
    expect(page.match(/<article/g)?.length).toBeGreaterThanOrEqual(10);
    const sources = [...page.matchAll(/(?:src|url)[=(]"?([^"):]*:)/g)].map(([, scheme]) => scheme);
    expect(sources.length).toBeGreaterThan(20);
    expect(new Set(sources)).toEqual(new Set(['data:']));
    expect(page).not.toMatch(/<link|@import/);
  });

  test('numbers the frames of an overview as the rollout has them', async () => {
    // At two a second the eight seconds have sixteen frames; the overview showed some of them.
    const shown = { fps: 2, frames: [2, 6, 10, 14] };
    const { deps, input } = await sampleRun(dir, (graded) => ({ ...graded, shown }));
    const { html } = await createWriteReport(deps)(input);
    const page = Buffer.from(await deps.store.get(html)).toString();
    const strip = /<div class="strip"[^]*?<\/div>/.exec(page)?.[0] ?? '';
    expect([...strip.matchAll(/<small>(\d+)<\/small>/g)].map(([, frame]) => Number(frame))).toEqual(
      shown.frames,
    );
    expect(strip).toContain('Overview of 4 frames');
    expect(strip).toContain('--aspect:1.777');
  });

  test('says every number of the table as the report has it', async () => {
    const { deps, input } = await sampleRun(dir);
    const { html, report } = await createWriteReport(deps)(input);
    const page = Buffer.from(await deps.store.get(html)).toString();
    for (const row of [...report.stages, report.baselines.base, report.baselines.majority]) {
      expect(page).toContain(`${(row.accuracy * 100).toFixed(1)}\u00a0%`);
      expect(page).toContain(row.ci95.map((bound) => (bound * 100).toFixed(1)).join('\u2013'));
    }
    expect(page).toContain('The sum adds up');
    expect(page).toContain(`/workflows/${report.run}`);
  });

  test('says so when prompts are missing from the ledger', async () => {
    const { deps, input } = await sampleRun(dir);
    const { html } = await createWriteReport(deps)({ ...input, ledger: { ...input.ledger, trained: 2109 } });
    const page = Buffer.from(await deps.store.get(html)).toString();
    expect(page).toContain('3,200 prompts were sampled, 3,199 are accounted for');
  });
});

function poisoned(graded: GradedRollout): GradedRollout {
  const turns = graded.rollout.turns.map((turn) => ({ ...turn, thought: EVIL + ATTRIBUTE }));
  const refused = { thought: null, action: null, tokens: [], logProbs: [], mask: [], failure: EVIL } as const;
  const rollout = { ...graded.rollout, turns: [refused, ...turns], answer: EVIL };
  return { ...graded, question: EVIL + ATTRIBUTE, answers: [EVIL, ATTRIBUTE], rollout };
}
