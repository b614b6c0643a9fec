import { CONTRACTIONS } from './contractions.js';

const NUMBER_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** a, an, the as everywhere; M4-ViteVQA's evaluation drops in and at too. */
const ARTICLES = ['a', 'an', 'the', 'in', 'at'];

const PUNCTUATION = [...';/[]"{}()=+\\_-><@`,?!'];

/**
 * EvalAI normalisation as M4-ViteVQA's evaluation applies it, in this order: lower case; `,` and `?` dropped; `'s`
 * set apart; newline and tab to space; punctuation; periods that no digit follows; number words zero … ten to
 * digits; articles dropped; contractions mended.
 */
export function normaliseAnswer(answer: string): string {
  const words = answer.toLowerCase().replaceAll(/[,?]/g, '').replaceAll("'s", " 's").trim();
  const spaced = words.replaceAll(/[\n\t]/g, ' ').trim();
  return withoutPunctuation(spaced)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(asDigits)
    .filter((word) => !ARTICLES.includes(word))
    .map((word) => CONTRACTIONS.get(word) ?? word)
    .join(' ');
}

/** M4-ViteVQA accuracy of one answer: whether it equals any true answer after normalisation. */
export function matches(answer: string, truths: readonly string[]): boolean {
  const said = normaliseAnswer(answer);
  return truths.some((truth) => normaliseAnswer(truth) === said);
}

/** A mark that stands beside a space anywhere in the text is dropped, any other becomes a space. */
function withoutPunctuation(text: string): string {
  let out = text;
  for (const mark of PUNCTUATION) {
    const besideSpace = text.includes(`${mark} `) || text.includes(` ${mark}`);
    out = out.replaceAll(mark, besideSpace ? '' : ' ');
  }
  return out.replaceAll(/\.(?!\d)/g, '');
}

function asDigits(word: string): string {
  const number = NUMBER_WORDS.indexOf(word);
  return number < 0 ? word : String(number);
}
