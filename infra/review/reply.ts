import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a request gets. */
export interface Reply {
  readonly status: number;
  readonly type: 'text/html' | 'application/json' | 'text/plain' | 'image/jpeg' | 'image/png';
  readonly body: string | Uint8Array;
  /** Of a page: what it may load and run. */
  readonly policy?: string;
  /** Pictures of one start of the server never change. */
  readonly keep?: boolean;
}

export function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** A refusal as a sentence. */
export function refused(status: number, reason: string): Reply {
  return { status, type: 'text/plain', body: reason };
}

export function send(response: ServerResponse, { status, type, body, policy, keep }: Reply): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': type.startsWith('image/') ? type : `${type}; charset=utf-8`,
    'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
    'content-security-policy': policy ?? "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': keep === true ? 'private, max-age=3600, immutable' : 'no-store',
  });
  response.end(body);
}

/** More than any mended trajectory needs. */
export const BODY_LIMIT_BYTES = 256 * 1024;

/** The JSON in a request's body; a Reply where it is too long, or none. */
export async function readBody(request: IncomingMessage): Promise<{ readonly value: unknown } | Reply> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return refused(415, 'expected application/json');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) return refused(413, `expected at most ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return refused(400, 'the body is no JSON');
  }
}
