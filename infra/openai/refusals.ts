import { DataFailure, UserError } from '../../domain/failures.js';
import type { EndpointSpec } from '../../domain/conversation/spec.js';

/**
 * What a 4xx answer means where its status does not say it already. A mistake that every question would meet (no such
 * model, no vision, no tools, a key that is none) is the person's to mend, and stops the run. What is left of 400, 413
 * and 422 is about this one request: its conversation fails, and no other.
 *
 * @param said the server's own words, keys removed
 */
export function refusalOf(endpoint: EndpointSpec, status: number, said: string): UserError | DataFailure {
  const { url, model, keyVariable } = endpoint;
  const words = said === '' ? '' : `: ${said}`;
  const what = EVERYONE.find(({ says }) => says.test(said))?.what;
  switch (what) {
    case 'vision':
      return new UserError(
        `${model} at ${url} takes no pictures (${status})${words}`,
        'name a vision-language model with --model, such as a Qwen2.5-VL',
      );
    case 'tools':
      return new UserError(
        `${model} at ${url} makes no tool calls (${status})${words}`,
        'speak with it in text: --protocol text',
      );
    case 'key':
      return new UserError(
        `${url} refuses the key (${status})${words}`,
        keyVariable === null ? 'export OPENAI_API_KEY=…' : `check ${keyVariable}`,
      );
    case 'model':
      return new UserError(
        `${url} has no model "${model}" (${status})${words}`,
        'leave --model out where the server lists one, or name another',
      );
    case undefined:
      break;
    default:
      return what satisfies never;
  }
  if (status === 413)
    return new DataFailure(`${url} refuses this request as too large (413)${words}; ${SMALLER}`);
  if (status === 400 || status === 422)
    return new DataFailure(`${url} refuses this request (${status})${words}`);
  return new UserError(`${url} refuses the request (${status})${words}`, 'see what the server says of it');
}

/** Which options make a prompt smaller. */
export const SMALLER =
  'lower --frames, --overview-pixels, --clip-pixels, --crop-pixels or --max-looks, or send --pictures jpeg';

/** The words of vLLM, SGLang, llama.cpp, Ollama, LiteLLM and hosted models. The first that fits counts. */
const EVERYONE = [
  {
    what: 'vision',
    says: /not (a )?multi-?modal|not support (image|vision|picture|multi-?modal)|(image|vision)( inputs?)? (is|are) not supported|at most 0 image/i,
  },
  {
    what: 'tools',
    says: /--enable-auto-tool-choice|not support (tool|function calling)|(tools?|tool choice|tool use|function calling) (is|are) not (supported|enabled|available)|(unsupported|unexpected|unknown|unrecognized|not permitted|invalid)[^.]{0,40}\b(tools|tool_choice)\b/i,
  },
  { what: 'key', says: /api[ _-]?key/i },
  {
    what: 'model',
    says: /\bmodel\b[^.]{0,120}(does not exist|not found|not available)|(unknown|invalid|no such|no) model\b/i,
  },
] as const;
