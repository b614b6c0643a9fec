import { createHash } from 'node:crypto';
import { slotMask } from '../../domain/protocol/compact.js';
import { speak, tokenName } from '../../domain/protocol/slot-words.js';
import { functionOf } from './spoken-slots.js';
import type { ServedPolicy, SpokenTurn } from './served-policy.js';

/** What a turn is told with. */
export interface Terms {
  /** Looks before this turn. */
  readonly looks: number;
  readonly forced: boolean;
  readonly native: boolean;
  readonly logProbs: boolean;
  readonly seed: number;
  readonly id: string;
  readonly createdSec: number;
}

export type Completion = ReturnType<typeof completionOf>;

/** A drawn turn as OpenAI's `chat.completion`. `seed` is ours: the same request with it gives the same turn again. */
export function completionOf(
  { id: model, sha256, promptTokens }: Pick<ServedPolicy, 'id' | 'sha256' | 'promptTokens'>,
  turn: SpokenTurn,
  { looks, forced, native, logProbs, seed, id, createdSec }: Terms,
) {
  const { content, call } = speak(turn.tokens, native);
  const chosen = slotMask(turn.tokens, Number(forced));
  const spoken = chosen.filter((on) => on === 1).length;
  const prompt = promptTokens(looks);
  const toolCalls =
    call === null
      ? {}
      : { tool_calls: [{ id: `call_${looks + 1}`, type: 'function' as const, function: functionOf(call) }] };
  return {
    id,
    object: 'chat.completion' as const,
    created: createdSec,
    model,
    system_fingerprint: fingerprintOf(sha256),
    seed,
    choices: [
      {
        index: 0,
        message: { role: 'assistant' as const, content, refusal: null, ...toolCalls },
        finish_reason: call === null ? ('stop' as const) : ('tool_calls' as const),
        logprobs: logProbs ? { content: logProbsOf(turn, chosen), refusal: null } : null,
      },
    ],
    usage: { prompt_tokens: prompt, completion_tokens: spoken, total_tokens: prompt + spoken },
  };
}

/** Of each token that the policy chose, END among them; a forced one is not its own. */
function logProbsOf({ tokens, logProbs }: SpokenTurn, chosen: readonly (0 | 1)[]) {
  return tokens.flatMap((token, place) =>
    chosen[place] === 1
      ? [{ token: tokenName(token, place), logprob: logProbs[place]!, bytes: null, top_logprobs: [] }]
      : [],
  );
}

function fingerprintOf(sha256: string): string {
  return `fp_${createHash('sha256').update(`serve-1 ${sha256}`).digest('hex').slice(0, 12)}`;
}
