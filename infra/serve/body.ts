import type { IncomingMessage } from 'node:http';
import { badRequest, RequestError } from './errors.js';

/** The JSON of a request, of at most `maxBytes`. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  // A page of another site can send other types without asking; this one it cannot.
  if (!/^application\/json\b/i.test(type))
    throw new RequestError(415, `expected content-type application/json, got "${type}"`);
  const tooLarge = (): RequestError =>
    new RequestError(413, `the body has more than ${maxBytes} bytes; send smaller pictures`, {
      code: 'request_too_large',
      headers: { connection: 'close' },
    });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLarge();
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (error) {
    throw badRequest(`the body is not JSON (${(error as Error).message})`, 'body', 'invalid_json');
  }
}
