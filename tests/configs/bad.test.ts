import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadCurriculum, parseCurriculum } from '../../configs/load.js';
import { UserError } from '../../domain/failures.js';

/** A small good file; each case spoils one line of it. */
const GOOD = `name: good
seed: 3
policy:
  base: { type: fresh }
data:
  world:
    train: { videos: 10 }
    test: { videos: 10 }
stages:
  - name: see
    type: pretrain
    steps: 10
  - name: DRP-SFT
    type: sft
    trajectories: { style: drp, count: 100 }
    steps: 10
  - name: RL_d
    type: rl
    steps: 5
`;

/** The problems of a text, one line each, without the heading. */
function problems(text: string): readonly string[] {
  try {
    parseCurriculum(text, 'my.yaml');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [heading, ...lines] = error.message.split('\n  ');
    expect(heading).toBe(`my.yaml has ${lines.length === 1 ? 'one problem' : `${lines.length} problems`}:`);
    return lines;
  }
  throw new Error('the text was accepted');
}

/** GOOD with one piece replaced; the piece must be there. */
function spoiled(piece: string, by: string): string {
  expect(GOOD).toContain(piece);
  return GOOD.replace(piece, by);
}

describe('a curriculum file', () => {
  it('may sample through vLLM where the model is a folder', () => {
    const tiny = readFileSync('configs/torch-tiny.yaml', 'utf8');
    const sampled = tiny.replace('  adapter:', '  sampler: { type: vllm }\n  adapter:');
    expect(problems(sampled)).toEqual([expect.stringContaining("vLLM reads a model's folder")]);
    const folder = sampled.replace(/model: \{.*\}/, 'model: { type: folder, path: /models/any }');
    expect(problems(folder.replace('{ type: full }', '{ type: lora, rank: 1024 }'))).toEqual([
      expect.stringContaining('vLLM takes adapters of rank 512 at most, got 1024'),
    ]);
    const { policy } = parseCurriculum(folder, 'configs/my.yaml');
    expect(policy).toMatchObject({ sampler: { type: 'vllm', memoryShare: 0.4, rows: 64 } });
  });

  it('may ask for several ranks of the torch engine, and of no other', async () => {
    expect(problems(`${GOOD}compute: { ranks: 2 }\n`)).toEqual([
      expect.stringContaining('`compute.ranks` is for the torch engine'),
    ]);
    expect(parseCurriculum(`${GOOD}compute: { ranks: 1 }\n`, 'my.yaml').compute.ranks).toBe(1);
    const torch = await loadCurriculum('configs/torch-tiny.yaml');
    expect(torch.compute.ranks).toBe(1);
    const several = readFileSync('configs/torch-tiny.yaml', 'utf8').replace(
      'compute: {',
      'compute: { ranks: 2,',
    );
    expect(parseCurriculum(several, 'configs/torch-tiny.yaml').compute.ranks).toBe(2);
  });

  it('is read with every default filled in', () => {
    const good = parseCurriculum(GOOD, 'my.yaml');
    expect(good.stages.map(({ from }) => from)).toEqual(['base', 'see', 'DRP-SFT']);
    expect(good.stages[2]).toEqual({
      name: 'RL_d',
      type: 'rl',
      from: 'DRP-SFT',
      baseline: false,
      steps: 5,
      questionsPerStep: 32,
      groupSize: 8,
      groupsPerShard: 8,
      questions: ['crop', 'clip'],
      temperature: 1,
      topP: 1,
      objective: { clipLow: 0.2, clipHigh: 0.28, kl: 0.01, advantageEps: 0.05 },
      rewards: {
        formatWeight: 0.1,
        diversity: 0.05,
        representativeness: 0.05,
        curiosity: { weight: 1, alpha: 0.5, threshold: 0.3, beta: 0.05, minCalls: 1 },
      },
      optimizer: {
        type: 'adamw',
        lr: 2e-4,
        lrEnd: 2e-4,
        muonLr: 0,
        muonLrEnd: 0,
        decayShare: 0,
        decay: 'linear',
        warmupSteps: 0,
        weightDecay: 0,
        beta1: 0.9,
        beta2: 0.95,
        clipNorm: 1,
      },
    });
    expect(good.stages[1]).toMatchObject({
      trajectories: { style: 'drp', count: 100, boxNoise: 0.4, singleToolShare: 0, readingShare: 0.2 },
      batchSize: 64,
      auxiliaryWeight: 0.5,
    });
    expect(good.stages[1]?.optimizer).toMatchObject({
      type: 'muon',
      lr: 1e-3,
      lrEnd: 1e-4,
      muonLr: 0.01,
      muonLrEnd: 0.001,
    });
  });

  it('may be JSON, and may be written with stages as flow maps', () => {
    const asJson = JSON.stringify(parseYamlLike());
    expect(parseCurriculum(asJson, 'my.json').name).toBe('json');
  });
});

function parseYamlLike(): unknown {
  return {
    name: 'json',
    policy: { base: { type: 'fresh' } },
    data: { world: { train: { videos: 1 }, test: { videos: 1 } } },
    stages: [{ name: 'see', type: 'pretrain', steps: 1 }],
  };
}

describe('a bad curriculum file is refused with line, column and the nearest name:', () => {
  it.each([
    [
      'more threads than the numbers are promised for',
      'seed: 3',
      'seed: 3\ncompute: { threads: 9 }',
      /^my\.yaml:3:21: `compute\.threads`: expected at most 8, got 9: with more threads the same numbers are not promised$/,
    ],
    [
      'a device that there is none of',
      'seed: 3',
      'seed: 3\ncompute: { device: cude }',
      /^my\.yaml:3:20: `compute\.device`: expected one of cpu, cuda, got "cude"; did you mean "cuda"\?$/,
    ],
    [
      'an unknown key',
      'seed: 3',
      'sed: 3',
      /^my\.yaml:2:1: unknown key `sed` in a curriculum, which has name, seed, .*; did you mean "seed"\?$/,
    ],
    [
      'an unknown key of a stage',
      'steps: 5',
      'steps: 5\n    groupsize: 4',
      /^my\.yaml:20:5: unknown key `groupsize` in `stages\[2\]`, .*; did you mean "groupSize"\?$/,
    ],
    [
      'an unknown key deep down',
      'steps: 5',
      'steps: 5\n    objective: { clipHi: 0.3 }',
      /^my\.yaml:20:18: unknown key `clipHi` in `stages\[2\].objective`, which has clipLow, clipHigh, kl, advantageEps; did you mean "clipHigh"\?$/,
    ],
    [
      'a key of another type of stage',
      'steps: 5',
      'steps: 5\n    trajectories: {}',
      /^my\.yaml:20:5: unknown key `trajectories` in `stages\[2\]`, which has [^;]*$/,
    ],
    [
      'a wild key',
      'seed: 3',
      'seed: 3\nxyzzy: 1',
      /^my\.yaml:3:1: unknown key `xyzzy` in a curriculum, which has [^;]*$/,
    ],
    [
      'a wrong type',
      'steps: 5',
      'steps: many',
      /^my\.yaml:19:12: `stages\[2\]\.steps`: expected a number, got "many"$/,
    ],
    [
      'a fraction of a step',
      'steps: 5',
      'steps: 5.5',
      /^my\.yaml:19:12: `stages\[2\]\.steps`: expected a whole number, got 5\.5$/,
    ],
    [
      'a missing key',
      '    steps: 5\n',
      '',
      /^my\.yaml:17:5: `stages\[2\]\.steps` is missing: expected a number$/,
    ],
    [
      'an empty value',
      'steps: 5',
      'steps:',
      /^my\.yaml:19:11: `stages\[2\]\.steps`: expected a number, got nothing$/,
    ],
    [
      'a wrong style',
      'style: drp',
      'style: drq',
      /^my\.yaml:15:28: `stages\[1\]\.trajectories\.style`: expected one of drp, crp, direct, got "drq"; did you mean "drp"\?$/,
    ],
    [
      'a wrong type of stage',
      'type: rl',
      'type: rll',
      /^my\.yaml:18:11: `stages\[2\]\.type`: expected one of pretrain, sft, rl, got "rll"; did you mean "rl"\?$/,
    ],
    [
      'a stage without a type',
      '    type: rl\n',
      '',
      /^my\.yaml:17:5: `stages\[2\]\.type` is missing: expected one of pretrain, sft, rl$/,
    ],
    [
      'a number out of range',
      'steps: 5',
      'steps: 0',
      /^my\.yaml:19:12: `stages\[2\]\.steps`: expected a number of at least 1, got 0$/,
    ],
    [
      'a group of one',
      'steps: 5',
      'steps: 5\n    groupSize: 1',
      /^my\.yaml:20:16: `stages\[2\]\.groupSize`: expected at least 2, got 1: an advantage compares the rollouts of one question$/,
    ],
    [
      'shards that do not divide',
      'steps: 5',
      'steps: 5\n    questionsPerStep: 12',
      /^my\.yaml:17:5: `stages\[2\]\.groupsPerShard`: questionsPerStep 12 is not divisible by groupsPerShard 8: use 6 groups a shard$/,
    ],
    [
      'a rate that rises',
      'steps: 5',
      'steps: 5\n    optimizer: { lr: 1e-4, lrEnd: 1e-3 }',
      /^my\.yaml:20:35: `stages\[2\]\.optimizer\.lrEnd`: lrEnd 0\.001 is above lr 0\.0001: the rate only falls; lower lrEnd$/,
    ],
    [
      'a rate without effect',
      'steps: 5',
      'steps: 5\n    optimizer: { muonLr: 0.1 }',
      /^my\.yaml:20:26: .*muonLr has no effect with type adamw: remove it, or set type: muon$/,
    ],
    [
      'a share without effect',
      'count: 100',
      'count: 100, singleToolShare: 0.2',
      /^my\.yaml:15:62: .*mixes single-tool trajectories into style crp, but the style is drp: remove it$/,
    ],
    [
      'a kind of question named twice',
      'steps: 5',
      'steps: 5\n    questions: [crop, crop]',
      /^my\.yaml:20:16: .*a kind of question is listed twice in \[crop, crop\]: name each once$/,
    ],
    [
      'a wrong kind of question',
      'steps: 5',
      'steps: 5\n    questions: [crop, sevral]',
      /^my\.yaml:20:23: `stages\[2\]\.questions\[1\]`: expected one of crop, clip, several, got "sevral"; did you mean "several"\?$/,
    ],
    [
      'a stage name twice',
      'name: RL_d',
      'name: see',
      /^my\.yaml:17:11: the name "see" is already that of stage 1: stage names must differ$/,
    ],
    [
      'a stage called base',
      'name: RL_d',
      'name: base',
      /^my\.yaml:17:11: "base" means the policy before the first stage: give the stage another name$/,
    ],
    [
      'a stage name that is no name',
      'name: RL_d',
      'name: "RL/d"',
      /^my\.yaml:17:11: `stages\[2\]\.name`: a stage name has 1 to 40 letters.*$/,
    ],
    [
      'an unknown origin',
      'type: rl',
      'type: rl\n    from: DRP-STF',
      /^my\.yaml:19:11: expected one of base, see, DRP-SFT, got "DRP-STF"; did you mean "DRP-SFT"\?$/,
    ],
    [
      'an origin that comes later',
      'type: sft',
      'type: sft\n    from: RL_d',
      /^my\.yaml:15:11: stage "RL_d" comes later: move it before "DRP-SFT"$/,
    ],
    [
      'a stage that starts from itself',
      'type: rl',
      'type: rl\n    from: RL_d',
      /^my\.yaml:19:11: stage "RL_d" cannot start from itself$/,
    ],
    [
      'rl from the base',
      'type: rl',
      'type: rl\n    from: base',
      /^my\.yaml:19:11: impossible order: rl "RL_d" starts from a policy that does not know the tools: put an sft stage \(style drp or crp\) before it$/,
    ],
    [
      'rl after direct answering alone',
      'style: drp',
      'style: direct',
      /^my\.yaml:18:11: impossible order: rl "RL_d" .* put an sft stage \(style drp or crp\) before it$/,
    ],
    [
      'rl over questions that were never shown',
      'steps: 5',
      'steps: 5\n    questions: [several]',
      /^my\.yaml:20:16: impossible order: rl "RL_d" asks questions that need several looks, which no stage before it shows: put an sft stage of style crp before it, or leave `several` out$/,
    ],
    [
      'pretrain after sft',
      '  - name: RL_d\n    type: rl',
      '  - name: again\n    type: pretrain',
      /^my\.yaml:18:11: impossible order: pretrain "again" after sft "DRP-SFT" would undo what it taught: put pretrain first$/,
    ],
    ['a duplicate key', 'seed: 3', 'seed: 3\nseed: 4', /^my\.yaml:3:1: Map keys must be unique$/],
    ['broken YAML', 'name: good', 'name: "good', /^my\.yaml:\d+:\d+: .+$/],
    ['a tab for indentation', '    train:', '\ttrain:', /^my\.yaml:7:\d+: .+$/],
    [
      'a base file without a path',
      '{ type: fresh }',
      '{ type: file }',
      /^my\.yaml:4:9: `policy\.base\.path` is missing: expected text$/,
    ],
    [
      'a blank name',
      'name: good',
      'name: " "',
      /^my\.yaml:1:7: `name`: expected text that is not blank, got " "$/,
    ],
  ])('%s', (_, piece, by, expected) => {
    const lines = problems(spoiled(piece, by));
    expect(lines[0]).toMatch(expected);
  });
});

describe('the order of stages', () => {
  it('lets a baseline start anywhere, continues past it by default, and refuses what names it', () => {
    const withBaseline = spoiled(
      '  - name: RL_d',
      '  - { name: direct, type: sft, baseline: true, from: base, trajectories: { style: direct, count: 9 }, steps: 1 }\n  - name: RL_d',
    );
    expect(parseCurriculum(withBaseline, 'my.yaml').stages[3]?.from).toBe('DRP-SFT');
    expect(problems(withBaseline.replace('type: rl', 'type: rl\n    from: direct'))).toEqual([
      'my.yaml:20:11: stage "direct" is a baseline, and nothing continues from a baseline: set `baseline: false` on it, or start from another stage',
    ]);
  });

  it('allows compositional practice alone from the base, as the ablation does', () => {
    const stages = parseCurriculum(spoiled('style: drp', 'style: crp'), 'my.yaml').stages;
    expect(stages[1]).toMatchObject({ from: 'see', trajectories: { style: 'crp', singleToolShare: 0.35 } });
  });

  it('is judged along the chain of origins, not along the file', () => {
    const text = spoiled(
      'steps: 5',
      'steps: 5\n  - { name: CRP, type: sft, from: see, trajectories: { style: crp, count: 9 }, steps: 1 }\n  - { name: RL_c, type: rl, from: RL_d, questions: [several], steps: 1 }',
    );
    expect(problems(text)).toEqual([
      expect.stringMatching(
        /^my\.yaml:21:52: impossible order: rl "RL_c" asks questions that need several looks/,
      ),
    ]);
    expect(parseCurriculum(text.replace('from: RL_d', 'from: CRP'), 'my.yaml').stages).toHaveLength(5);
  });
});

describe('a file with several problems', () => {
  it('has them all listed, in the order of the file, whatever their kind', () => {
    const text = GOOD.replace('seed: 3', 'sead: 3')
      .replace('type: sft', 'type: sft\n    from: RL_e')
      .replace('steps: 5', 'steps: none');
    expect(problems(text)).toEqual([
      expect.stringMatching(/^my\.yaml:2:1: unknown key `sead`.*did you mean "seed"\?$/),
      expect.stringMatching(/^my\.yaml:15:11: expected one of base, see, got "RL_e"$/),
      expect.stringMatching(/^my\.yaml:20:12: `stages\[2\]\.steps`: expected a number, got "none"$/),
    ]);
  });

  it('draws no conclusion about order from a stage that is itself in doubt', () => {
    expect(problems(spoiled('style: drp', 'style: drq'))).toHaveLength(1);
  });
});

describe('a text that is no curriculum at all', () => {
  it.each([
    ['nothing', '', 'my.yaml:1:1: `the file`: expected keys and values, got nothing'],
    ['a word', 'hello', 'my.yaml:1:1: `the file`: expected keys and values, got "hello"'],
    ['a list', '- 1\n- 2', 'my.yaml:1:1: `the file`: expected keys and values, got a list of 2'],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });

  it('bytes that are not YAML are refused without a stack trace', () => {
    expect(() => parseCurriculum('\u0000\u0001%&[[[{', 'my.yaml')).toThrow(UserError);
  });

  it('aliases that expand without end are refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}1]`);
    expect(() => parseCurriculum(['l0: &l0 [1]', ...levels].join('\n'), 'my.yaml')).toThrow(/alias/i);
  });
});

describe('loadCurriculum', () => {
  it('says which file is missing, and keeps the cause', async () => {
    await expect(loadCurriculum('configs/nope.yaml')).rejects.toMatchObject({
      name: 'UserError',
      message: 'expected a curriculum file at configs/nope.yaml, but there is no such file',
      cause: { code: 'ENOENT' },
    });
    await expect(loadCurriculum('configs')).rejects.toThrow('but it is a folder');
  });
});
