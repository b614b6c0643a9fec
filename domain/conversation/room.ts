import { counted } from '../counted.js';
import { assemble, type ChatMessage, type OpenConversation } from './assemble.js';

/**
 * What a prompt takes of a model's context, in tokens. An estimate that needs no tokenizer: 28×28 pixels a token, as
 * Qwen2.5-VL sees them, and four bytes of text a token, which is few for most scripts but English. It is meant to be
 * rather too low, so that nothing is refused that would have fitted.
 */
export interface PromptSize {
  readonly pictures: number;
  readonly pictureTokens: number;
  readonly textTokens: number;
  /** Kept for the message that is asked for. */
  readonly answerTokens: number;
}

const PIXELS_PER_TOKEN = 28 * 28;
const BYTES_PER_TOKEN = 4;

export function promptSize(messages: readonly ChatMessage[], answerTokens: number): PromptSize {
  const { pictures, pixels, bytes } = contentsOf(messages);
  return {
    pictures,
    pictureTokens: Math.round(pixels / PIXELS_PER_TOKEN),
    textTokens: Math.round(bytes / BYTES_PER_TOKEN),
    answerTokens,
  };
}

export function tokensOf({ pictureTokens, textTokens, answerTokens }: PromptSize): number {
  return pictureTokens + textTokens + answerTokens;
}

/** `about 2,431 tokens: 1,968 for 16 pictures (28×28 pixels each token), 207 for text, 256 kept for the answer`. */
export function sizeText(size: PromptSize): string {
  const { pictures, pictureTokens, textTokens, answerTokens } = size;
  return (
    `about ${count(tokensOf(size))} tokens: ${count(pictureTokens)} for ${counted(pictures, 'picture')} ` +
    `(28×28 pixels a token), ${count(textTokens)} for text, ${count(answerTokens)} kept for the answer`
  );
}

/** Bytes of a prompt that the question alone brings in. No tokenizer that spells in bytes makes more tokens of it. */
export function questionBytes(conversation: OpenConversation): number {
  const { opening } = conversation;
  const { id, video, answers } = opening.question;
  const blank = { ...opening, question: { id, video, answers, question: '' } };
  const bytesOf = (one: OpenConversation): number => contentsOf(assemble(one)).bytes;
  return bytesOf(conversation) - bytesOf({ ...conversation, opening: blank });
}

function contentsOf(messages: readonly ChatMessage[]): {
  readonly pictures: number;
  readonly pixels: number;
  readonly bytes: number;
} {
  const parts = messages.flatMap((message) =>
    message.role === 'user' ? message.parts : [{ type: 'text' as const, text: message.text }],
  );
  let [pictures, pixels, bytes] = [0, 0, 0];
  for (const part of parts) {
    if (part.type === 'text') bytes += utf8Bytes(part.text);
    else {
      pictures += 1;
      pixels += part.picture.widthPx * part.picture.heightPx;
    }
  }
  return { pictures, pixels, bytes };
}

/** `12345` → `12,345`. */
function count(n: number): string {
  return String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
