import { counted } from '../../domain/counted.js';
import type { Curriculum, Stage } from '../../domain/curriculum.js';
import { BugFailure } from '../../domain/failures.js';
import { QUESTION_SLOT } from '../../domain/protocol/compact.js';
import type { PolicyVersion } from '../../domain/refs.js';
import { MAX_TEXT } from '../../domain/world/vocabulary.js';
import { WEIGHTS_FILE } from '../../engine/policy/describe.js';
import { parameters } from '../../engine/policy/spec.js';
import { embeddedPolicy } from './embedded.js';

/** Where a policy comes from. */
export interface PolicyOrigin {
  readonly run: string;
  readonly stage: string;
  readonly version: PolicyVersion;
  readonly curriculum: Curriculum;
  /** SHA-256 of the base file that the run started from; null where it started from random weights. */
  readonly baseSha256: string | null;
  /** Versions of what shaped the run's bytes, by name. */
  readonly madeBy: Readonly<Record<string, string>>;
}

/** The model card, `README.md` of an exported policy: what the run's own record says, and no number of any other source. */
export function policyCard(origin: PolicyOrigin, weights: { sha256: string; bytes: number }): string {
  const { run, stage, version, curriculum, baseSha256 } = origin;
  const { seed, data } = curriculum;
  const policy = embeddedPolicy(curriculum.policy, 'a folder of a policy');
  if (!('world' in data)) throw new BugFailure(`${run}: expected a policy that learnt from the small world`);
  const { train } = data.world;
  const count = parameters(policy).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const knowsTools = lineage(curriculum.stages, stage).at(-1)?.type !== 'pretrain';
  const base =
    baseSha256 === null ? `random weights of seed ${seed}` : `a base policy, sha256 \`${baseSha256}\``;
  return `# ${run}, after ${stage}

A small vision-language policy that answers questions about short videos by looking: it chooses frames (*clip*), zooms into
regions (*crop*), reads, and answers. Trained by Ruminate, in onnxruntime.${
    knowsTools ? '' : '\nThis one is a base: it has been taught to see and to read, and knows no tool yet.'
  }

| | |
|---|---|
| run | \`${run}\` |
| stage, step | \`${stage}\`, ${version.step} |
| curriculum | \`${curriculum.name}\`, seed ${seed} |
| stages up to here | ${stagesUpTo(curriculum.stages, stage)} |
| started from | ${base} |
| architecture | ${count} parameters: width ${policy.width}, ${policy.layers} layers, ${policy.heads} heads, up to ${policy.maxLooks} looks |
| weights | \`${WEIGHTS_FILE}\`, F32, ${weights.bytes} bytes, sha256 \`${weights.sha256}\` |

## Training data
The small world, which the run made itself: rendered videos of signs, posters, screens, tickets and the like, from seed ${data.world.seed}; for training
${counted(train.videos, 'video')} with ${counted(train.questionsPerVideo, 'question')} each. Training, validation and test share neither layouts nor texts. Nobody's photographs, faces or
recordings are in it. A base policy has its own training data, which its own card describes.

## Intended use
Research on how such policies are trained, and tests of the software. It has been taught the small world's scenes, words and questions, and
nothing else: do not rely on its answers about other videos.

## Limits
- It reads grey pictures of fixed small sizes, questions of up to ${QUESTION_SLOT} words from a fixed list, and answers in up to ${MAX_TEXT} characters.
- On its last turn it is made to answer, whether or not it has seen what is asked; its probabilities have not been calibrated.
- How often it is right is not said here: \`ruminate report ${run}\` shows what was measured, and on how many questions.

## Use
In PyTorch, with \`docs/policy.py\` of the Ruminate repository (needs torch and safetensors; \`config.json\` names tokens and picture sizes):

    python docs/policy.py THIS_FOLDER BATCH.safetensors OUT.safetensors

As the start of a curriculum, which checks the sha256 and the architecture (a path relative to the curriculum's file):

    policy:
      base: { type: file, path: THIS_FOLDER }
      width: ${policy.width}
      layers: ${policy.layers}
      heads: ${policy.heads}
      maxLooks: ${policy.maxLooks}
`;
}

/** The stages that led to this one, as a card names them. */
export function stagesUpTo(stages: readonly Stage[], name: string): string {
  return lineage(stages, name).map(describeStage).join(' → ');
}

/** First to last. */
function lineage(stages: readonly Stage[], name: string): readonly Stage[] {
  const stage = stages.find((one) => one.name === name);
  return stage ? [...lineage(stages, stage.from), stage] : [];
}

function describeStage(stage: Stage): string {
  const what = stage.type === 'sft' ? `sft ${stage.trajectories.style}` : stage.type;
  return `${stage.name} (${what}, ${counted(stage.steps, 'step')})`;
}
