import type { Picture } from '../../activities/ports.js';
import { BudgetFailure } from '../../domain/failures.js';
import { encodeQuestion, QUESTION_WORDS } from '../../domain/protocol/compact.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { refusalOf } from '../../domain/tools/validate.js';
import { cropped, thumbnail } from '../tools/look.js';
import { bytesOf } from './data-url.js';
import { badRequest } from './errors.js';
import { greyPicture } from './pictures.js';
import type { Message } from './request.js';
import type { OpenConversation, PastTurn } from './served-policy.js';
import { readSaid, type Said } from './spoken-slots.js';

/**
 * A chat as the policy sees it:
 * ```
 * system, developer   passed over, and whatever comes before the first picture: the policy reads no instructions
 * user …              8 pictures, the overview in order, and the question
 * assistant           an earlier look: a tool call, or the text protocol
 * tool, user …        what it brought: its picture, or words alone where it was refused
 * assistant …         and so on; the last message is not the assistant's
 * ```
 * Nothing is kept between requests: the conversation says all. Everything but the pictures is judged first.
 */
export async function readConversation(
  messages: readonly Message[],
  limits: { readonly maxLooks: number; readonly maxPixels: number },
  signal: AbortSignal,
): Promise<OpenConversation> {
  const plan = planOf(messages, limits.maxLooks);
  const read = async (picture: Placed): Promise<Picture> => {
    signal.throwIfAborted();
    return greyPicture(bytesOf(picture.url, picture.param), limits.maxPixels, picture.param);
  };
  const { overview: size, clip, crop } = DEFAULT_PICTURES;
  const overview = new Uint8Array(plan.overview.length * size.widthPx * size.heightPx);
  for (const [i, picture] of plan.overview.entries())
    overview.set(thumbnail(await read(picture), size), i * size.widthPx * size.heightPx);
  const turns: PastTurn[] = [];
  for (const { said, picture } of plan.turns) {
    if (picture === null || said.call === null) turns.push({ slot: said.slot, look: null });
    else {
      const seen = await read(picture);
      const { tool } = said.call;
      const pixels = tool === 'clip' ? thumbnail(seen, clip) : cropped(seen, WHOLE, crop);
      turns.push({ slot: said.slot, look: { tool, pixels } });
    }
  }
  return { words: plan.words, overview, turns };
}

const WHOLE = [0, 0, 1, 1] as const;

interface Placed {
  readonly url: string;
  readonly param: string;
}

interface Plan {
  readonly words: readonly number[];
  readonly overview: readonly Placed[];
  readonly turns: readonly { readonly said: Said; readonly picture: Placed | null }[];
}

function planOf(messages: readonly Message[], maxLooks: number): Plan {
  const placed = messages
    .map((message, i) => ({ message, param: `messages.${i}` }))
    .filter(({ message }) => message.role !== 'system' && message.role !== 'developer');
  // Examples, as some clients show them to models that read.
  const begins = placed.findIndex((one) => picturesOf(one).length > 0);
  const own = begins < 0 ? placed : placed.slice(begins);
  const firstSaid = own.findIndex(({ message }) => message.role === 'assistant');
  const prompt = firstSaid < 0 ? own : own.slice(0, firstSaid);
  const overview = prompt.flatMap(picturesOf);
  const { frames } = DEFAULT_PICTURES;
  if (overview.length !== frames)
    throw badRequest(
      `expected ${frames} pictures before the first answer, the overview of the video; got ${overview.length}`,
      'messages',
      overview.length === 0 ? 'image_missing' : 'wrong_number_of_images',
    );
  return {
    words: wordsOf(prompt.flatMap(textsOf)),
    overview,
    turns: turnsOf(own.slice(prompt.length), maxLooks),
  };
}

interface PlacedMessage {
  readonly message: Message;
  readonly param: string;
}

function turnsOf(rest: readonly PlacedMessage[], maxLooks: number): Plan['turns'] {
  const starts = rest.flatMap(({ message }, i) => (message.role === 'assistant' ? [i] : []));
  if (starts.length > maxLooks)
    throw badRequest(
      `${starts.length} looks so far; this policy takes ${maxLooks} at most, and then answers`,
      'messages',
      'context_length_exceeded',
    );
  return starts.map((start, i) => {
    const { message, param } = rest[start]!;
    if (message.role !== 'assistant') throw new TypeError(`${param} is not the assistant's`);
    const said = readSaid(message, param);
    return { said, picture: broughtBy(said, rest.slice(start + 1, starts[i + 1]), param) };
  });
}

/** The picture that a look brought; `null` where it was refused. */
function broughtBy(said: Said, answers: readonly PlacedMessage[], param: string): Placed | null {
  if (answers.length === 0)
    throw badRequest(`${param}: no message after it says what the look brought`, param);
  for (const { message, param: at } of answers)
    if (message.role === 'tool' && message.tool_call_id !== said.id)
      throw badRequest(
        `${at}: expected tool_call_id ${JSON.stringify(said.id)}, the call before it; got "${message.tool_call_id}"`,
        `${at}.tool_call_id`,
      );
  const [picture, ...more] = answers.flatMap(picturesOf);
  if (more.length > 0)
    throw badRequest(
      `${param}: a look brings one picture, got ${more.length + 1}`,
      param,
      'wrong_number_of_images',
    );
  if (picture === undefined) return null;
  const reason = said.call === null ? 'it names no look' : refusalOf(said.call, DEFAULT_PICTURES.frames);
  if (reason !== null)
    throw badRequest(`${picture.param}: a picture for a look that shows none: ${reason}`, picture.param);
  return picture;
}

/** The question's tokens: what follows the last "Question:", or else the last text part. */
function wordsOf(texts: readonly { readonly text: string; readonly param: string }[]): readonly number[] {
  const last = texts.findLast(({ text }) => text.trim() !== '');
  if (last === undefined)
    throw badRequest(
      'expected a question beside the pictures, found no text',
      'messages',
      'question_missing',
    );
  const marked = texts.map(({ text, param }) => ({ text: MARKED.exec(text)?.[1], param }));
  const { text = '', param } = marked.findLast(({ text }) => text !== undefined) ?? last;
  try {
    const { tokens, dropped } = encodeQuestion(text);
    if (tokens.some((token) => token !== 0)) return tokens;
    throw badRequest(
      `${param}: the policy knows no word of the question (${dropped.slice(0, 8).join(' ')}); it knows ${QUESTION_WORDS.join(', ')}`,
      param,
      'question_not_understood',
    );
  } catch (error) {
    if (error instanceof BudgetFailure)
      throw badRequest(`${param}: ${error.message}`, param, 'question_too_long');
    throw error;
  }
}

/** Greedy at its front: the last mark of a text counts. */
const MARKED = /^(?:[\s\S]*\n)?\s*question:\s*(\S[^\n]*)/i;

function picturesOf({ message, param }: PlacedMessage): readonly Placed[] {
  if (typeof message.content === 'string' || message.role === 'assistant') return [];
  return message.content.flatMap((part, i) =>
    part.type === 'image_url' ? [{ url: part.image_url.url, param: `${param}.content.${i}` }] : [],
  );
}

function textsOf({
  message,
  param,
}: PlacedMessage): readonly { readonly text: string; readonly param: string }[] {
  const { content } = message;
  if (typeof content === 'string') return [{ text: content, param: `${param}.content` }];
  return (content ?? []).flatMap((part, i) =>
    part.type === 'text' ? [{ text: part.text, param: `${param}.content.${i}` }] : [],
  );
}
