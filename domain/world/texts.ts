import { normaliseAnswer } from '../metrics/m4vitevqa.js';
import type { RandomStream } from '../seeds.js';
import type { Split } from './records.js';
import { splitOf } from './splits.js';
import { CHARACTERS } from './vocabulary.js';

const DIGITS = CHARACTERS.slice(0, 10);
const LETTERS = CHARACTERS.slice(10);

/** Real words of the letters there are, so that not every text is a code. */
const WORDS = (
  'AM AN AT BE BY DE GA HE LA MA ME MY PA RE TA UP US WE ' +
  'ACE ACT AGE ART BAR BAT BED BEE BUS CAB CAR CAT CUP DAY EAR EAT EGG END EYE FAN FAR FEE FUN GAS GEM GUN ' +
  'HAT HEN JAM JAR JET KEY LAB LAW LEG MAP MAY MEN NET NEW PAN PAY PEN PET RED RUN SEA SET SEW SUN TAX TEA TEN ' +
  'USE VAN WAX WAY YES ' +
  'ABLE ACRE AREA BANK BEAM BEAT BELL BLUE CAFE CAKE CALL CAMP CARD CASE CELL CHEF DATE DEAL DEER DESK EAST EXAM ' +
  'FACE FALL FARE FAST FEET FREE GAME GATE GEAR HALL HAND HARD HEAT JAZZ JUNE LAKE LAMP LAND LANE LEFT MAZE MEAL ' +
  'MEET MENU NEAR NEXT PARK PART PASS PEAR PLAN PLAY RAMP READ RENT REST SAFE SALE SEAT SELL STAR STAY TAPE TEAM ' +
  'TENT TEXT TREE VASE WALK WALL WARM WEST YARD ZEBU'
).split(' ');

/**
 * Texts for one video: `count` different strings, all of `split`. Half are numbers without a leading zero,
 * half letters; two characters (5 of 12) are enough for pairs to join, the rest have three or four.
 */
export function drawTexts(random: RandomStream, split: Split, count: number): readonly string[] {
  const lengths = random.shuffle(repeated([2, 3, 4, 2, 2, 3, 4, 2, 3, 4, 2, 3], count));
  const numeric = random.shuffle(repeated([true, false], count));
  const drawn: string[] = [];
  while (drawn.length < count) {
    const length = lengths[drawn.length] ?? 2;
    const text = numeric[drawn.length] === true ? drawNumber(random, length) : drawLetters(random, length);
    if (splitOf('text', text) === split && isPlain(text) && !drawn.includes(text)) drawn.push(text);
  }
  return drawn;
}

/** Whether judging leaves the text as it is: articles (AN, AT) would vanish, and number words (TEN) become digits. */
function isPlain(text: string): boolean {
  return normaliseAnswer(text) === text.toLowerCase();
}

export function isNumber(text: string): boolean {
  return [...text].every((character) => DIGITS.includes(character));
}

function drawNumber(random: RandomStream, length: number): string {
  let text = random.pick([...DIGITS.slice(1)]);
  while (text.length < length) text += random.pick([...DIGITS]);
  return text;
}

function drawLetters(random: RandomStream, length: number): string {
  if (random.float() < 0.25) return random.pick(WORDS.filter((word) => word.length === length));
  let text = '';
  while (text.length < length) text += random.pick([...LETTERS]);
  return text;
}

function repeated<T>(pattern: readonly T[], count: number): readonly T[] {
  const values: T[] = [];
  while (values.length < count) values.push(...pattern.slice(0, count - values.length));
  return values;
}
