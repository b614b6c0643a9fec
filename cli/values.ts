import { InvalidArgumentError } from 'commander';

/** Parsers of option values; commander names the option in its message. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a whole number of at least 0.');
}

export function countingNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('expected a whole number of at least 1.');
}

export function rate(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 240) return value;
  throw new InvalidArgumentError('expected a number above 0 and at most 240.');
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a share from 0 to 1, such as 0.05.');
}

export function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 2) return value;
  throw new InvalidArgumentError('expected a number from 0 to 2.');
}
