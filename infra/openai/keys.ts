import type { EndpointSpec } from '../../domain/conversation/spec.js';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';

/** Finds the key of an endpoint; null where it takes none. Throws where it takes one and none is known. */
export type KeyFinder = (endpoint: EndpointSpec) => string | null;

type Environment = Readonly<Record<string, string | undefined>>;

/** Keys as the person at the terminal has them: in the environment. */
export function keysOfEnvironment(env: Environment = process.env): KeyFinder {
  return ({ url, keyVariable }) => {
    if (keyVariable === null) return null;
    const key = env[keyVariable]?.trim();
    if (key !== undefined && key !== '') return key;
    throw new UserError(
      `${url} takes its key from ${keyVariable}, which is not set`,
      `type: export ${keyVariable}=…`,
    );
  };
}

/**
 * Keys as a worker has them: those that commands have handed it since it started, else its own environment. Neither is
 * ever written down. A worker that was started anew waits for its keys.
 */
export class Keyring {
  readonly #handed = new Map<string, string>();
  readonly #env: Environment;

  constructor(env: Environment = process.env) {
    this.#env = env;
  }

  hand(keys: Readonly<Record<string, string>>): void {
    for (const [name, key] of Object.entries(keys)) this.#handed.set(name, key);
  }

  readonly find: KeyFinder = ({ url, keyVariable }) => {
    if (keyVariable === null) return null;
    const key = this.#handed.get(keyVariable) ?? this.#env[keyVariable]?.trim();
    if (key !== undefined && key !== '') return key;
    throw new InfrastructureFailure(
      `${url}: waiting for the key in ${keyVariable}, which this worker has not got; type the command of the run again where ${keyVariable} is set`,
    );
  };
}

/** A text without any of the keys in it: servers repeat what they were sent. */
export function redacted(text: string, keys: readonly (string | null)[]): string {
  return keys.reduce<string>(
    (clean, key) => (key === null || key.length < 4 ? clean : clean.replaceAll(key, '[key]')),
    text,
  );
}
