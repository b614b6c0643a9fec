import type { Curriculum } from '../curriculum.js';
import { charactersPerToken, SUPPOSED } from './conversation-size.js';
import type { PolicyFacts } from './facts.js';
import { MEASURED } from './rates.js';

/** What a plan's numbers rest on, and what they leave out: one sentence each. */
export function assumptionsOf(
  { policy }: Pick<Curriculum, 'policy'>,
  { tokenSidePx }: Pick<PolicyFacts, 'tokenSidePx'>,
  { measured }: { readonly measured: boolean },
): readonly string[] {
  const rates = measured
    ? `Times are those of steps of the same size (${MEASURED}); preparing data and evaluating are not in them.`
    : 'No step of this size has been measured, so no time is said.';
  if (policy.engine === 'onnx')
    return [
      `Tokens: every sequence has fixed places; at most ${policy.maxLooks} looks in reinforcement, two in style crp, one in drp.`,
      rates,
    ];
  const { video, questionCharacters, thoughtCharacters, clipFrames } = SUPPOSED;
  const side = tokenSidePx === null ? '' : `, ${tokenSidePx}×${tokenSidePx} pixels a token`;
  const vllm =
    policy.sampler !== undefined
      ? [
          `vLLM holds the model once more: of a GPU's memory it takes ${Math.round(policy.sampler.memoryShare * 100)} %, with its cache.`,
        ]
      : [];
  return [
    `Tokens are estimated, text by a rule of thumb (characters a token: ${charactersPerToken(policy)}), pictures by their pixels${side}, at the sizes that the view gives a video of ${video.widthPx}×${video.heightPx}.`,
    `Supposed: questions of ${questionCharacters} characters, thoughts of ${thoughtCharacters}, clips of ${clipFrames} frames; drp is one crop, crp a clip and a crop, a rollout a clip, then crops (looks: ${policy.maxLooks}).`,
    "Memory is that of weights, gradients and moments alone: activations, the sampler's cache and CUDA itself are not estimated.",
    ...vllm,
    rates,
  ];
}
