import type { TrajectoryRecord } from '../data/records.js';
import { conversationOf, type Rendered } from './conversation.js';
import { RowRefusal } from './refusal.js';

/** Stands in the text for the next picture of `images`. */
const PLACE = '<image>';

/** A row of the chat form: as many `<image>` in the texts, in order, as there are images. */
export interface ChatRow {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly images: readonly string[];
}

/**
 * A trajectory in the standard form of ms-swift (docs: Customization/Custom-dataset, keys `messages` and `images`), which
 * LLaMA-Factory reads as `formatting: sharegpt` with the tags role, content, user, assistant, system (as its demo set
 * BUAADreamer/mllm_demo declares). Roles: system, then user and assistant in turns; observations are the user's.
 */
export function chatRowOf(record: TrajectoryRecord, rendered: Rendered): ChatRow {
  const images: string[] = [];
  const messages = conversationOf(record, rendered, 'own').map(({ role, parts }) => {
    const content = parts.map((part) => {
      if ('image' in part) {
        images.push(part.image);
        return PLACE;
      }
      if (part.text.includes(PLACE) || part.text.includes('<video>'))
        throw new RowRefusal(
          'cannot-be-written',
          `the text holds ${PLACE} or <video>, which the form takes for a picture: ${JSON.stringify(part.text.slice(0, 60))}`,
        );
      return part.text;
    });
    return { role, content: joined(content) };
  });
  return { messages, images };
}

/** Pictures side by side, texts on lines of their own. */
function joined(parts: readonly string[]): string {
  return parts.reduce(
    (text, part) =>
      text === '' || (part === PLACE && text.endsWith(PLACE)) ? text + part : `${text}\n${part}`,
    '',
  );
}
