import { RowRefusal } from './refusal.js';

/** Equal as JSON values, whatever the order of fields. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && equal(value, right.get(name)))
  );
}

/** Whether reading gives the record back; reading that refuses does not. */
export function givesBack(read: () => unknown, record: unknown): boolean {
  try {
    return equal(read(), record);
  } catch (error) {
    if (error instanceof RowRefusal) return false;
    throw error;
  }
}
