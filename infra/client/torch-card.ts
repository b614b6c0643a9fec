import { counted } from '../../domain/counted.js';
import type { TorchPolicy } from '../../domain/curriculum.js';
import type { Exported } from '../torch/export.js';
import { stagesUpTo, type PolicyOrigin } from './policy-card.js';

/** What the policy was told in training, in the form of `--prompt`. */
export const PROMPT_FILE = 'prompt.yaml';

export interface TorchCard {
  readonly origin: PolicyOrigin;
  readonly policy: TorchPolicy;
  readonly exported: Exported;
  /** The folder, by its absolute path. */
  readonly place: string;
  /** Of the checkpoint's weights file. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The model card, `README.md`, of a policy that the torch engine trained: what the run's own record says. */
export function torchCard(card: TorchCard): string {
  const { origin, policy, exported, sha256, bytes } = card;
  const { run, stage, version, curriculum, madeBy } = origin;
  const { adapter, view, maxLooks, maxTokens } = policy;
  const lora = adapter.type === 'lora';
  const made = Object.entries(madeBy).map(([name, value]) => `${name} ${value}`);
  return `---
library_name: ${lora ? 'peft' : 'transformers'}
${exported.baseModel === null ? '' : `base_model: ${JSON.stringify(exported.baseModel)}\n`}pipeline_tag: image-text-to-text
tags: [${lora ? 'lora, ' : ''}ruminate]
---

# ${run}, after ${stage}

${lora ? `A LoRA of rank ${adapter.rank} for` : 'All weights of'} a vision-language model (\`${exported.family}\`) that answers questions about videos by looking: it is
shown an overview, asks for whole frames (*clip*) and for regions of a frame (*crop*) as text, reads, and answers. Trained by Ruminate.

| | |
|---|---|
| run | \`${run}\` |
| stage, step | \`${stage}\`, ${version.step} |
| curriculum | \`${curriculum.name}\`, seed ${curriculum.seed} |
| stages up to here | ${stagesUpTo(curriculum.stages, stage) || 'none: the model before the first'} |
| base model | ${describeModel(policy.model)} |
| sha256 of its configuration and weights | \`${exported.base}\` |
| trained | ${lora ? `LoRA: rank ${adapter.rank}, alpha ${adapter.alpha}, dropout ${adapter.dropout}` : 'all weights, in float32'} |
| computed in | ${policy.dtype} |
| checkpoint | ${bytes} bytes, F32, sha256 \`${sha256}\` |
| weights here | ${exported.weights.map((name) => `\`${name}\``).join(', ')}${lora ? ', the checkpoint’s file itself' : ', the checkpoint’s tensors under the names of the family'} |
| made with | ${made.join(', ') || 'versions that the run has not recorded'} |

## What it was asked in training
It numbers frames at ${view.fps} per second, sees ${view.frames} of them as the overview (up to ${view.overviewPixels} pixels each), clips of up to ${view.clipPixels} pixels a frame and
crops of up to ${view.cropPixels}, as ${view.format}. After ${counted(maxLooks, 'look')} it must answer; a message has up to ${maxTokens} tokens. \`${PROMPT_FILE}\` has all that it was told; its
system message was:

${fenced(policy.prompt.text)}

${use(card)}
## Limits
- It was trained to be asked in this way, with no penalties and no sampling but the temperature; asked otherwise, it is another policy.
- How often it is right is not said here: \`ruminate report ${run}\` shows what was measured, and on how many questions.
`;
}

function use({ origin: { run, stage }, policy, exported: { baseModel }, place }: TorchCard): string {
  const dtype = policy.dtype === 'bf16' ? 'bfloat16' : 'float32';
  const name = `${run}-${stage}`;
  const { adapter } = policy;
  if (baseModel === null || adapter.type === 'full')
    return `## Use
    vllm serve ${quoted(place)} --served-model-name ${name} --dtype ${dtype}
    transformers serve ${quoted(place)} --dtype ${dtype}

Asked as it was in training, through a server or without one:

    ruminate ask VIDEO QUESTION --base-url http://127.0.0.1:8000/v1 --model ${name} --protocol text ${asked(policy, place)}
    ruminate ask VIDEO QUESTION --engine torch --model ${quoted(place)} --dtype ${policy.dtype} ${asked(policy, place)}

In Python:

    from transformers import AutoModelForImageTextToText
    model = AutoModelForImageTextToText.from_pretrained(${JSON.stringify(place)}, dtype="${dtype}")
`;
  return `## Use
    vllm serve ${quoted(baseModel)} --enable-lora --max-lora-rank ${vllmRank(adapter.rank)} --lora-modules ${name}=${quoted(place)} --dtype ${dtype} --generation-config vllm

(\`--generation-config vllm\` keeps penalties out that the base model's folder may ask for.) Asked through it as it was in training:

    ruminate ask VIDEO QUESTION --base-url http://127.0.0.1:8000/v1 --model ${name} --protocol text ${asked(policy, place)}

With PEFT, in Python:

    from peft import PeftModel
    from transformers import AutoModelForImageTextToText
    base = AutoModelForImageTextToText.from_pretrained(${JSON.stringify(baseModel)}, dtype="${dtype}")
    model = PeftModel.from_pretrained(base, ${JSON.stringify(place)})

\`transformers serve\` takes an adapter that stands in its base model's folder, so one is made of links:

    mkdir SERVED && ln -s ${quoted(baseModel)}/* SERVED/ && cp ${quoted(place)}/adapter_* SERVED/ && transformers serve SERVED --dtype ${dtype}
`;
}

/** How it was asked, as options of \`ruminate ask\`. */
function asked({ view, maxLooks, maxTokens }: TorchPolicy, place: string): string {
  const { fps, frames, overviewPixels, clipPixels, cropPixels, format } = view;
  return (
    `--prompt ${quoted(`${place}/${PROMPT_FILE}`)} --fps ${fps} --frames ${frames} --overview-pixels ${overviewPixels} --clip-pixels ${clipPixels} ` +
    `--crop-pixels ${cropPixels} --pictures ${format} --max-looks ${maxLooks} --max-turns ${maxLooks + 1} --max-tokens ${maxTokens}`
  );
}

function describeModel(model: TorchPolicy['model']): string {
  switch (model.type) {
    case 'folder':
      return `\`${model.path}\``;
    case 'random':
      return `random weights of seed ${model.seed}, by the architecture of \`${model.path}\``;
    case 'tiny':
      return `\`${model.family}\` of 0.36M random parameters, seed ${model.seed}`;
    default:
      return model satisfies never;
  }
}

/** vLLM takes ranks in these steps alone (vllm/config/lora.py). */
const VLLM_RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

function vllmRank(rank: number): number {
  return VLLM_RANKS.find((one) => one >= rank) ?? rank;
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** In a fence that is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.trimEnd()}\n${fence}`;
}
