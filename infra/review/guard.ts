import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Whom the server answers: a page that it served itself, in a browser on this machine. The token in the path keeps other
 * users and other pages out; the Host header tells a rebound name from ours; Origin and Sec-Fetch-Site tell foreign pages.
 */
export interface Guard {
  readonly token: string;
  readonly port: number;
}

/** The path behind the token, or why the request is refused. */
export type Admission =
  | { readonly path: string; readonly query: URLSearchParams }
  | { readonly status: 400 | 403 | 404; readonly reason: string };

export function admit({ token, port }: Guard, { headers, url = '/' }: IncomingMessage): Admission {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '' } = headers;
  if (!hosts.includes(host)) return { status: 403, reason: 'this server answers on its own address only' };
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, reason: 'this server answers its own page only' };
  const site = headers['sec-fetch-site'];
  // `none`: a person typed the address or opened it from a terminal.
  if (typeof site === 'string' && !['same-origin', 'none'].includes(site))
    return { status: 403, reason: 'this server answers its own page only' };
  let parsed: URL;
  try {
    parsed = new URL(url, `http://${host}`);
  } catch {
    return { status: 400, reason: 'the address cannot be read' };
  }
  const [, given = '', ...rest] = parsed.pathname.split('/');
  if (!isSame(given, token)) return { status: 404, reason: 'there is nothing here' };
  return { path: rest.join('/'), query: parsed.searchParams };
}

/** In a time that does not say how much of it is right. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
