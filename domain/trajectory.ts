import type { Observation, ToolCall } from './tools/contract.js';

/** The model's last word. */
export interface AnswerAction {
  readonly tool: 'answer';
  readonly text: string;
}

export type Action = ToolCall | AnswerAction;

/**
 * One model message and its observation.
 *
 * A worked example, a crop and then the answer "42" in the embedded policy's compact codec:
 * ```
 * tokens    CROP  F3    X4    Y2    X8    Y4    END  | ANSWER 4     2     END   PAD  PAD  PAD
 * mask      1     1     1     1     1     1     1    | 1      1     1     1     0    0    0
 * logProbs  -.1   -.02  -.3   -.2   -.4   -.1   0    | -.05   -.2   -.1   0     0    0    0
 * ```
 * `mask` is 1 where the policy chose the token and the loss applies, 0 for padding and for tokens
 * forced on it (the ANSWER of a forced final turn). Every masked-in token of a rollout gets the
 * rollout's advantage.
 */
export interface Turn {
  readonly thought: string | null;
  /** `null` when the message could not be parsed; `failure` then says why. */
  readonly action: Action | null;
  readonly tokens: readonly number[];
  readonly logProbs: readonly number[];
  readonly mask: readonly (0 | 1)[];
  readonly failure?: string;
  readonly observation?: Observation;
}

/** One sampled trajectory of a policy on one prompt. */
export interface Rollout {
  readonly questionId: string;
  /** 0-based index within its group. */
  readonly sample: number;
  readonly turns: readonly Turn[];
  /** `null` when the rollout ended without an answer. */
  readonly answer: string | null;
}
