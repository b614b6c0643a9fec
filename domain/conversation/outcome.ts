import type { ConversationRecord } from './records.js';

/** Whether a conversation came to its last message, whatever that said. Where it did not, `failure` says why. */
export function wentOn({ turns }: Pick<ConversationRecord, 'turns'>): boolean {
  const last = turns.at(-1)?.spoken;
  return last !== undefined && (last.final || last.action?.tool === 'answer');
}
