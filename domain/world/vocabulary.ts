/** The words of the small world. Order matters: a policy's token ids are positions in these lists. */

/** Kinds of scene; each stands once in a video, in random order. */
export const KINDS = ['sign', 'poster', 'phone', 'ticket', 'slide', 'board', 'menu', 'panel'] as const;
export type Kind = (typeof KINDS)[number];

/** Rows of a scene that holds several texts, from the top. */
export const ROWS = ['first', 'second', 'third'] as const;

/** Marks beside rows and large symbols; upper-cased they are answers of at most four characters. */
export const MARKS = ['star', 'ring', 'box', 'tri', 'plus', 'moon'] as const;
export type Mark = (typeof MARKS)[number];

/** Content words that name what is asked. */
export const ASKS = ['read', 'symbol', 'dots', 'beside', 'then', 'larger'] as const;

/** Characters that texts are written with. I, O and Q are left out: at this size they are 1 and 0. */
export const CHARACTERS = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ';

/** Characters that answers are spelled with: a symbol's name may need the three. */
export const ANSWER_CHARACTERS = `${CHARACTERS}IOQ`;

/** Longest text and longest answer, in characters. */
export const MAX_TEXT = 4;
