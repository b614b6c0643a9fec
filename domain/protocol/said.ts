import type { Dialect } from './call-json.js';
import { parseMessage, type ParsedMessage } from './text.js';

/** A message of a model that is sampled here ends with its action. */
export const STOPS: readonly string[] = ['</tool_call>', '</answer>'];
/** What a message is made to begin with that must be the answer. */
export const FORCED = '<answer>';

/**
 * What such a message says, in training as in answering. It is read as it stands: where it had to be the answer
 * (`final`), it can be nothing else, and one that does not close the tag that was opened for it is none. Never throws.
 */
export function readSaid(text: string, final: boolean, dialect: Dialect = 'own'): ParsedMessage {
  const parsed = parseMessage(text, dialect);
  if (!final || parsed.action === null || parsed.action.tool === 'answer') return parsed;
  return { thought: parsed.thought, action: null, failure: 'expected the answer, because no look is left' };
}
