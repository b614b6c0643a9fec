import { UserError } from '../../domain/failures.js';
import type { EndpointSpec } from '../../domain/conversation/spec.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The key of an endpoint, from the environment of this process alone; null where the endpoint takes none. */
export function keyOf({ url, keyVariable }: EndpointSpec, env: Environment = process.env): string | null {
  if (keyVariable === null) return null;
  const key = env[keyVariable]?.trim();
  if (key !== undefined && key !== '') return key;
  throw new UserError(
    `${url} wants the key in ${keyVariable}, which is not set where the workers were started`,
    `export ${keyVariable}=…, then ruminate down and ruminate up in that shell: what was going on is taken up again`,
  );
}

/** A text without any of the keys in it: servers repeat what they were sent. */
export function redacted(text: string, keys: readonly (string | null)[]): string {
  return keys.reduce<string>(
    (clean, key) => (key === null || key.length < 4 ? clean : clean.replaceAll(key, '[key]')),
    text,
  );
}
