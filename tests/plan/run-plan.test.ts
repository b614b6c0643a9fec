import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCurriculum, parseCurriculum } from '../../configs/load.js';
import { UserError } from '../../domain/failures.js';
import { conversationSize } from '../../domain/plan/conversation-size.js';
import type { RunPlan } from '../../domain/plan/run-plan.js';
import { planRun } from '../../infra/client/plan.js';
import { planText } from '../../cli/plan-view.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ruminate-plan-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const SMALL = `name: small
policy:
  engine: torch
  model: { type: tiny, family: qwen3-vl }
  adapter: { type: lora, rank: 4 }
  maxLooks: 2
  contextTokens: 1000
  prompt: configs/prompts/default.yaml
data: { world: { train: { videos: 10 }, test: { videos: 3 } } }
stages:
  - { name: DRP-SFT, type: sft, trajectories: { style: drp, count: 30 }, steps: 25, batchSize: 4, stepsPerCommit: 10, optimizer: { type: adamw, lr: 1e-4 } }
  - { name: RL_d, type: rl, steps: 6, questionsPerStep: 4, groupSize: 3, groupsPerShard: 2, optimizer: { type: adamw, lr: 1e-5 } }
evaluation: { single: 500, several: 5, shown: 1 }
`;

function planOf(text: string, home = path.join(root, 'none')): Promise<RunPlan> {
  const file = path.resolve('own.yaml');
  const curriculum = parseCurriculum(text, file);
  return planRun({ name: curriculum.name, file, curriculum, home });
}

describe('a plan', () => {
  it('of a small curriculum is what one counts by hand', async () => {
    const plan = await planOf(SMALL);
    const { policy } = parseCurriculum(SMALL, path.resolve('own.yaml'));
    if (policy.engine !== 'torch') throw new Error('expected a torch policy');
    const size = (looks: readonly ('clip' | 'crop')[]): number => {
      const { textTokens, pictureTokens } = conversationSize(policy, 32, looks);
      return textTokens + pictureTokens;
    };
    // 2 layers of 64: four heads of 16, two shared; rank 4 on seven matrices.
    const adapters = 4 * 2 * (64 + 64 + (64 + 32) + (64 + 32) + (64 + 64) + 3 * (64 + 128));
    expect(plan.policy).toMatchObject({
      parameters: 532_608,
      trainable: adapters,
      dtype: 'bf16',
      loraRank: 4,
    });
    expect(plan.stages).toMatchObject([
      {
        ...{ name: 'DRP-SFT', type: 'sft', what: 'drp', from: 'base', steps: 25, perStep: 4 },
        ...{ conversations: 100, samples: 30, tokensEach: size(['crop']), tokens: 100 * size(['crop']) },
        ...{ checkpoints: 3, secondsPerStep: null, seconds: null },
      },
      {
        ...{ name: 'RL_d', type: 'rl', what: 'crop, clip', from: 'DRP-SFT', steps: 6, perStep: 12 },
        ...{ conversations: 72, samples: 24, tokensEach: size(['clip', 'crop']), checkpoints: 6 },
      },
    ]);
    expect(plan.totals).toEqual({
      ...{ steps: 31, seconds: null, measuredSeconds: 0 },
      tokens: 100 * size(['crop']) + 72 * size(['clip', 'crop']),
    });
    // Three videos of eight questions, half of them of one look: twelve, and five of the others.
    expect(plan.evaluation).toMatchObject({ policies: 3, questions: 17 });
    // The base, three, and six, of which four are kept; weights and two moments of four bytes.
    expect(plan.checkpoints).toEqual({
      ...{ count: 10, kept: 8 },
      ...{ bytesEach: 12 * adapters, bytes: 96 * adapters },
    });
    expect(plan.memory).toMatchObject({
      trainer: 2 * 532_608 + 16 * adapters,
      sampler: 2 * 532_608 + 4 * adapters,
    });
    expect(plan.warnings).toEqual([
      expect.stringMatching(/^DRP-SFT: a conversation of about \d+ tokens does not fit contextTokens 1000$/),
      expect.stringMatching(/^RL_d: a conversation of about \d+ tokens does not fit/),
    ]);
  });

  it('of video-r4 says 7B, bf16 and the adapters, before its gigabytes are there', async () => {
    const file = 'configs/video-r4.yaml';
    const curriculum = await loadCurriculum(file);
    const plan = await planRun({ name: 'video-r4', file, curriculum, home: root });
    expect(plan.policy).toMatchObject({
      ...{ what: "qwen2.5-vl-7b, by the folder's name", path: path.resolve('models/Qwen2.5-VL-7B-Instruct') },
      ...{ there: false, parameters: 8_292_166_656, trainable: 80_740_352, dtype: 'bf16', loraRank: 32 },
    });
    expect(plan.data.train).toMatchObject({ source: 'folder', there: false, counts: null });
    expect(plan.stages.map(({ name, from, samples }) => [name, from, samples])).toEqual([
      ['DRP-SFT', 'base', 7000],
      ['RL_d', 'DRP-SFT', 15_040],
      ['CRP-SFT', 'RL_d', 10_000],
      ['RL_c', 'CRP-SFT', 15_040],
    ]);
    expect(plan.warnings).toEqual([]);
    // Nobody has measured a step of it.
    expect(plan.totals).toMatchObject({ seconds: null, measuredSeconds: 0 });
    const text = planText(plan, 80);
    for (const words of ['8.29 billion parameters in bf16', 'LoRA of rank 32: 80.7 million', 'not measured'])
      expect(text).toContain(words);
  });

  it('of mini has the sizes of the shipped base, and the times of steps that were measured', async () => {
    const file = 'configs/mini.yaml';
    const plan = await planRun({ name: 'mini', file, curriculum: await loadCurriculum(file), home: root });
    // Three float32 a parameter, against a file of one: its header is the rest.
    const base = (await stat('configs/base/policy.safetensors')).size;
    expect(plan.checkpoints.bytesEach! / (3 * base)).toBeGreaterThan(0.99);
    expect(plan.checkpoints.bytesEach! / (3 * base)).toBeLessThan(1);
    // 400/50 + 40 + 1000/50 + 30 + 1470/50, and the base.
    expect(plan.checkpoints.count).toBe(1 + 8 + 40 + 20 + 30 + 30);
    const seconds = plan.stages.map((stage) => stage.seconds && Math.round(stage.seconds));
    expect(seconds).toEqual([81, 172, 263, 144, null]);
    expect(plan.totals.seconds).toBeNull();
    expect(plan.data.train).toMatchObject({ source: 'world', there: false, videos: 3000, questions: 24_000 });
  });

  it('says no time for a step of another size', async () => {
    const file = 'configs/tiny.yaml';
    const plan = await planRun({ name: 'tiny', file, curriculum: await loadCurriculum(file), home: root });
    expect(plan.stages.map(({ name, secondsPerStep }) => [name, secondsPerStep])).toEqual([
      ['DRP-SFT', 0.202],
      ['RL_d', null],
      ['CRP-SFT', 0.263],
      ['RL_c', null],
      ['direct', null],
    ]);
  });

  it('of a model that nobody knows leaves its sizes open', async () => {
    const plan = await planOf(SMALL.replace(/model: .*/, 'model: { type: folder, path: my-own }'));
    expect(plan).toMatchObject({
      policy: { what: 'my-own, of unknown size', there: false, parameters: null, trainable: null },
      memory: null,
      checkpoints: { count: 10, kept: 8, bytesEach: null, bytes: null },
      totals: { steps: 31, tokens: null },
      warnings: [],
    });
    expect(planText(plan, 80)).toContain('unknown');
  });

  it('takes the shape from config.json where the folder is there, whatever its name', async () => {
    const dir = path.join(root, 'Qwen2.5-VL-7B-Instruct');
    await mkdir(dir);
    const text = { hidden_size: 2048, num_hidden_layers: 36, intermediate_size: 11_008, vocab_size: 151_936 };
    const config = {
      ...{ model_type: 'qwen2_5_vl', tie_word_embeddings: true },
      text_config: { ...text, num_attention_heads: 16, num_key_value_heads: 2 },
      vision_config: { depth: 32, hidden_size: 1280, intermediate_size: 3420 },
    };
    await writeFile(path.join(dir, 'config.json'), JSON.stringify(config));
    const plan = await planOf(SMALL.replace(/model: .*/, `model: { type: folder, path: ${dir} }`));
    expect(plan.policy).toMatchObject({ what: 'qwen2.5-vl, by its config.json', parameters: 3_754_622_976 });
  });

  it('counts data folders that are there, and refuses what a run would refuse', async () => {
    const look = { tool: 'crop', targetFrame: 1, bbox01: [0, 0, 0.5, 0.5] };
    const turns = [look, { tool: 'answer', text: 'x' }].map((action) => ({ thought: 'Look.', action }));
    for (const split of ['train', 'test']) {
      const dir = path.join(root, 'data', split);
      await mkdir(dir, { recursive: true });
      await writeFile(path.join(dir, `${split}.mp4`), `a video of ${split}`);
      const about = { video: `${split}.mp4`, question: 'q', answers: ['x'] };
      await writeFile(path.join(dir, 'questions.jsonl'), JSON.stringify({ id: 'q', ...about }));
      const trajectory = { id: 't', ...about, questionId: 'q', style: 'drp', fps: 1, turns };
      const line = JSON.stringify({ ...trajectory, provenance: { steps: [] } });
      await writeFile(path.join(dir, 'trajectories.jsonl'), line);
    }
    const folders = { train: path.join(root, 'data/train'), test: path.join(root, 'data/test') };
    const own = SMALL.replace(/data: .*/, `data: { folders: ${JSON.stringify(folders)} }`);
    const plan = await planOf(own);
    expect(plan.data.train.counts).toMatchObject({ questions: 1, demonstrations: { drp: 1, crp: 0 } });
    expect(plan.evaluation.questions).toBe(1);
    expect(plan.warnings).toContain('DRP-SFT asks for 30 drp trajectories; train has 1');
    await expect(planOf(own.replace('style: drp', 'style: crp'))).rejects.toThrow(
      'train has 0 crp trajectories',
    );
    await cp(path.join(folders.train, 'train.mp4'), path.join(folders.test, 'test.mp4'));
    await expect(planOf(own)).rejects.toThrow(UserError);
  });

  it.each([80, 100, 120])('fits a terminal of %i columns, and says all of its stages', async (columns) => {
    for (const file of ['configs/video-r4.yaml', 'configs/mini.yaml']) {
      const curriculum = await loadCurriculum(file);
      const plan = await planRun({ name: 'a-run', file, curriculum, home: path.join(root, 'none') });
      const lines = stripVTControlCharacters(planText(plan, columns)).split('\n');
      const long = lines.filter((line) => line.length > columns && !line.includes('/'));
      expect(long).toEqual([]);
      for (const { name } of curriculum.stages)
        expect(lines.some((line) => line.startsWith(` ${name} `))).toBe(true);
    }
  });
});
