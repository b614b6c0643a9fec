import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Split } from './records.js';

/**
 * The one split that a text, or a quantised layout, belongs to: 80 % train, 10 % validation, 10 % test,
 * by a hash of its name. So no generator needs to know what another one made, and a held-out video never
 * shows a text or a layout that training has seen.
 */
export function splitOf(kind: 'text' | 'layout', name: string): Split {
  const hash = sha256(utf8ToBytes(`${kind}:${name}`));
  const share = ((hash[0] ?? 0) * 256 + (hash[1] ?? 0)) / 65_536;
  if (share < 0.8) return 'train';
  return share < 0.9 ? 'validation' : 'test';
}

export const SPLITS: readonly Split[] = ['train', 'validation', 'test'];
