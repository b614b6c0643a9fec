import { describe, expect, it } from 'vitest';
import { UserError } from '../../domain/failures.js';
import { tokenFrom } from '../../infra/serve/access.js';

describe('a token', () => {
  it('is at least sixteen visible characters of the environment', () => {
    expect(tokenFrom('T', { T: ' a-token-of-some-length ' })).toBe('a-token-of-some-length');
    for (const T of [undefined, '', 'short', 'with a blank in its midst'])
      expect(() => tokenFrom('T', { T })).toThrow(UserError);
  });

  it('is never shown, not even where it is refused', () => {
    expect(() => tokenFrom('T', { T: 'my secret words are long' })).toThrow(
      /has another form \(24 characters\)$/,
    );
  });
});
