import { RowRefusal } from './refusal.js';

/**
 * An object from outside, read field by field: each getter gives the value in its type or throws a RowRefusal that
 * names the field, what was expected and what came. What nobody has asked for is left in `rest()`, so that a form
 * keeps the fields that it does not know.
 */
export class Row {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();
  readonly #where: string;

  /** @param where how messages name the object, e.g. `evidence[2]`; empty for the row itself */
  constructor(value: unknown, where = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new RowRefusal(
        'not-an-object',
        `expected ${where || 'the row'} to be an object, got ${shown(value)}`,
      );
    this.#value = value as Readonly<Record<string, unknown>>;
    this.#where = where;
  }

  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  /** The value as it stands; `undefined` where there is none. */
  raw(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
  }

  /** Text that is not blank. */
  text(name: string): string {
    const value = this.#present(name, 'text');
    if (typeof value !== 'string') throw this.#wrong(name, 'text', value);
    if (value.trim() === '') throw new RowRefusal('bad-value', `${this.#named(name)} is blank`);
    return value;
  }

  /** Any text, blank as well. */
  anyText(name: string): string {
    const value = this.#present(name, 'text');
    if (typeof value !== 'string') throw this.#wrong(name, 'text', value);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  /** An identifier: text, or a whole number that is written as text. */
  name(name: string): string {
    const value = this.#present(name, 'text or a whole number');
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    if (typeof value !== 'string') throw this.#wrong(name, 'text or a whole number', value);
    return this.text(name);
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((value, at) => {
      if (typeof value !== 'string') throw this.#wrong(`${name}[${at}]`, 'text', value);
      return value;
    });
  }

  number(name: string): number {
    const value = this.#present(name, 'a number');
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(name, 'a number', value);
    return value;
  }

  whole(name: string, least: number): number {
    const value = this.number(name);
    if (!Number.isSafeInteger(value) || value < least)
      throw new RowRefusal(
        'bad-value',
        `expected ${this.#named(name)} to be a whole number of at least ${least}, got ${value}`,
      );
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.#present(name, 'a list');
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list', value);
    return value;
  }

  object(name: string): Row {
    return new Row(this.#present(name, 'an object'), this.#named(name));
  }

  objects(name: string): readonly Row[] {
    return this.list(name).map((value, at) => new Row(value, this.#named(`${name}[${at}]`)));
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.#present(name, `one of ${values.join(', ')}`);
    const found = values.find((one) => one === value);
    if (found !== undefined) return found;
    throw new RowRefusal(
      'bad-value',
      `expected ${this.#named(name)} to be one of ${values.join(', ')}, got ${shown(value)}`,
    );
  }

  /** Ground truths: at least one, none of them blank. A single text counts as a list of one. */
  answers(name: string): readonly string[] {
    const value = this.raw(name);
    const answers = typeof value === 'string' ? [value] : this.texts(name);
    if (answers.length === 0)
      throw new RowRefusal('answers-empty', `${this.#named(name)} is empty: expected at least one`);
    if (answers.some((answer) => answer.trim() === ''))
      throw new RowRefusal('answers-empty', `${this.#named(name)} holds a blank answer`);
    return answers;
  }

  /** The fields that nobody has asked for, in their order. */
  rest(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(this.#value).filter(([name]) => !this.#asked.has(name)));
  }

  #present(name: string, expected: string): unknown {
    const value = this.raw(name);
    if (value !== undefined && value !== null) return value;
    throw new RowRefusal('missing-field', `${this.#named(name)} is missing: expected ${expected}`);
  }

  #wrong(name: string, expected: string, value: unknown): RowRefusal {
    return new RowRefusal(
      'wrong-type',
      `expected ${this.#named(name)} to be ${expected}, got ${shown(value)}`,
    );
  }

  #named(name: string): string {
    return this.#where === '' ? `"${name}"` : `${this.#where} "${name}"`;
  }
}

/** A value as it may stand in a message: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
