import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { UserError } from '../../domain/failures.js';
import { RequestError } from './errors.js';

/** A server that others on the network can reach asks for a token. */
export function refuseOpenHost(host: string, token: string | null): void {
  if (token === null && !isLoopback(host))
    throw new UserError(
      `${host} can be reached from outside this machine, and the server has no token`,
      'put a token into an environment variable and name it: --token-env RUMINATE_TOKEN; or keep to 127.0.0.1',
    );
}

/** The token of the variable named. An empty or short one protects nothing. */
export function tokenFrom(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const token = env[name]?.trim() ?? '';
  if (token.length >= 16 && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(
    `expected a token of at least 16 visible ASCII characters in the environment variable ${name}, ` +
      (token === ''
        ? 'which is empty or not set'
        : `its value has another form (${token.length} characters)`),
    `make one: export ${name}="$(openssl rand -hex 24)"`,
  );
}

/**
 * Judges who asks: the token where there is one, compared in constant time; without one, that the request names this
 * machine as its host, so that no page of another site reaches it through a name of its own (DNS rebinding).
 */
export function refuseStranger({ headers }: IncomingMessage, token: string | null): void {
  if (token === null) {
    const name = /^(.*?)(?::\d+)?$/.exec(headers.host ?? '')![1]!;
    if (!isLoopback(name.replace(/^\[|\]$/g, '')))
      throw new RequestError(403, `this server answers to this machine's own names, not to "${name}"`, {
        code: 'wrong_host',
      });
    return;
  }
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return;
  throw new RequestError(
    401,
    given === undefined
      ? 'expected the header Authorization: Bearer TOKEN'
      : 'the token is not the right one',
    { code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } },
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
