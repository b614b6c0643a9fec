import type { ConversationRecord, ShownPicture } from '../../domain/conversation/records.js';

export async function evidencePage(
  _records: readonly ConversationRecord[],
  _picture: (shown: ShownPicture) => Promise<Uint8Array>,
): Promise<string> {
  throw new Error('not yet');
}
