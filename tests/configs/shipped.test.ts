import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCurriculum } from '../../configs/load.js';

const SHIPPED = readdirSync('configs', { recursive: true, encoding: 'utf8' })
  // The settings of a curation and the prompts are no curricula; tests/curation and tests/openai read them.
  .filter((file) => file.endsWith('.yaml') && file !== 'curation.yaml' && !file.startsWith('prompts'))
  .map((file) => ({ file, path: join('configs', file), name: basename(file, '.yaml') }));

describe('shipped curricula', () => {
  it('are all found', () => {
    expect(SHIPPED.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['mini', 'tiny', 'base', 'no-curiosity', 'drp-crp-rlc', 'crp-only']),
    );
  });

  it.each(SHIPPED)('$file is valid and bears its own name', async ({ path, name }) => {
    expect((await loadCurriculum(path)).name).toBe(name);
  });

  it('mini says the paper’s four stages in order, and the direct baseline from the base', async () => {
    const mini = await loadCurriculum('configs/mini.yaml');
    expect(mini.stages.map(({ name, from, type }) => [name, from, type])).toEqual([
      ['DRP-SFT', 'base', 'sft'],
      ['RL_d', 'DRP-SFT', 'rl'],
      ['CRP-SFT', 'RL_d', 'sft'],
      ['RL_c', 'CRP-SFT', 'rl'],
      ['direct', 'base', 'sft'],
    ]);
    const steps = mini.stages
      .filter(({ baseline }) => !baseline)
      .reduce((sum, stage) => sum + stage.steps, 0);
    expect(mini.stages.at(-1)).toMatchObject({ baseline: true, steps });
  });

  it('video-r4 says of each number where it is from: paper, ancestor or ours', () => {
    const lines = readFileSync('configs/video-r4.yaml', 'utf8').split('\n');
    const numbers = lines.filter((line) => /^[^#]*: -?\d/.test(line));
    expect(numbers.length).toBeGreaterThan(50);
    const unlabelled = numbers.filter((line) => !/# .*\b(paper|ancestor|ours)\b/.test(line));
    expect(unlabelled).toEqual([]);
  });

  it('video-r4 has the paper’s stages, on the data of its two tables', async () => {
    const { stages, policy } = await loadCurriculum('configs/video-r4.yaml');
    expect(policy.engine).toBe('torch');
    expect(stages.map(({ name, from }) => [name, from])).toEqual([
      ['DRP-SFT', 'base'],
      ['RL_d', 'DRP-SFT'],
      ['CRP-SFT', 'RL_d'],
      ['RL_c', 'CRP-SFT'],
    ]);
    const demonstrations = stages.flatMap((stage) =>
      stage.type === 'sft' ? [[stage.trajectories.style, stage.trajectories.count]] : [],
    );
    expect(demonstrations).toEqual([
      ['drp', 7_000],
      ['crp', 10_000],
    ]);
  });

  it('tiny has the stages of mini, on the same policy', async () => {
    const [mini, tiny] = await Promise.all(
      ['mini', 'tiny'].map((name) => loadCurriculum(`configs/${name}.yaml`)),
    );
    const shape = (c: typeof mini) => c?.stages.map(({ name, from, type }) => [name, from, type]);
    expect(shape(tiny)).toEqual(shape(mini));
    expect(tiny?.policy).toEqual(mini?.policy);
  });

  it('the ablation without curiosity differs from mini in nothing but the curiosity weight', async () => {
    const mini = await loadCurriculum('configs/mini.yaml');
    const ablation = await loadCurriculum('configs/ablations/no-curiosity.yaml');
    const withCuriosity = ablation.stages.map((stage) =>
      stage.type === 'rl'
        ? { ...stage, rewards: { ...stage.rewards, curiosity: { ...stage.rewards.curiosity, weight: 1 } } }
        : stage,
    );
    expect(withCuriosity).toEqual(mini.stages.filter(({ baseline }) => !baseline));
    expect(ablation.stages.map((s) => (s.type === 'rl' ? s.rewards.curiosity.weight : null))).toEqual([
      null,
      0,
      null,
      0,
    ]);
    expect({ ...ablation.data, evaluation: ablation.evaluation }).toEqual({
      ...mini.data,
      evaluation: mini.evaluation,
    });
  });
});
