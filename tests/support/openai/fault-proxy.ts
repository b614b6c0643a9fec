import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What goes wrong with one request. The first five never reach the server behind; the others change what it answered,
 * after it has done its work: these are the ones that a client must not let it do (and bill) twice.
 */
export type Fault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  /** The connection is reset before an answer. */
  | { readonly type: 'reset' }
  /** No answer until the client gives up. */
  | { readonly type: 'silence' }
  /** The connection ends after so many bytes of the answer. */
  | { readonly type: 'cut'; readonly afterBytes: number }
  /** The answer comes in pieces of so many bytes, with a pause before each. */
  | { readonly type: 'slow'; readonly pieceBytes: number; readonly pauseMs: number }
  /** The answer's bytes as a function of them: invalid JSON, other names, nothing chosen. */
  | { readonly type: 'rewrite'; readonly rewrite: (body: string) => string };

/** Ready-made rewrites; each acts on plain answers and on streams alike. */
export const REWRITES = {
  /** JSON that stops halfway, in each event of a stream. */
  invalidJson: (body: string) =>
    body.startsWith('data:')
      ? body.replace(/^(data: \{.*?)[^{]\}$/gm, '$1')
      : body.slice(0, Math.floor(body.length / 2)),
  wrongTool: (body: string) => body.replace(/"name": ?"(clip|crop)"/g, '"name":"zoom_lens"'),
  wrongModel: (body: string) => body.replace(/"model": ?"[^"]*"/g, '"model":"another-model"'),
  emptyChoices: (body: string) =>
    body.startsWith('data:')
      ? body.replace(/^data: \{.*$/gm, (line) => `data: ${withoutChoices(line.slice('data: '.length))}`)
      : withoutChoices(body),
} satisfies Record<string, (body: string) => string>;

function withoutChoices(json: string): string {
  return JSON.stringify({ ...(JSON.parse(json) as object), choices: [] });
}

/** One request as the proxy saw it. */
export interface Seen {
  /** From 1, in the order in which they came. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly fault: Fault['type'] | null;
  /** Status that the server behind answered with; null where the request did not get there. */
  readonly served: number | null;
}

export interface FaultProxy {
  readonly url: string;
  /** Every request, oldest first; those still on their way are there too. */
  readonly seen: readonly Seen[];
  /** Requests that the server behind answered with 2xx: what a provider would bill. */
  readonly billed: number;
  stop(): Promise<void>;
}

/**
 * Stands between a client and a real server. `script` says which request meets what: by its number (from 1, of those
 * whose path contains `on`), or by a function of it; all others pass unchanged.
 */
export async function startFaultProxy(
  target: string,
  script: Readonly<Record<number, Fault>> | ((number: number) => Fault | null),
  on = '/chat/completions',
): Promise<FaultProxy> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let numbered = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '/';
      const body = await bytesOf(request);
      const number = path.includes(on) ? ++numbered : 0;
      const fault =
        number === 0 ? null : typeof script === 'function' ? script(number) : (script[number] ?? null);
      const at = seen.push({
        ...{ number, method: request.method ?? '', path, body: body.toString('utf8') },
        ...{ fault: fault?.type ?? null, served: null },
      });
      const served = (status: number): void => {
        seen[at - 1] = { ...seen[at - 1]!, served: status };
      };
      await meet({ request, response, body, target, served }, fault);
    })().catch(() => {
      response.destroy();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get billed() {
      return seen.filter(({ number, served }) => number > 0 && served !== null && served < 300).length;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly target: string;
  readonly served: (status: number) => void;
}

async function meet(passing: Passing, fault: Fault | null): Promise<void> {
  const { request, response } = passing;
  switch (fault?.type) {
    case undefined: {
      const answer = await forward(passing);
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      return;
    }
    case 'status': {
      const { status, retryAfter, body = '{"error":{"message":"a fault","type":"server_error"}}' } = fault;
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      });
      response.end(body);
      return;
    }
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'silence':
      return;
    case 'cut': {
      const { answer, body } = await whole(passing);
      response.writeHead(answer.statusCode!, answer.headers);
      response.write(body.subarray(0, fault.afterBytes), () => request.socket.destroy());
      return;
    }
    case 'slow': {
      const { answer, body } = await whole(passing);
      response.writeHead(answer.statusCode!, answer.headers);
      for (let at = 0; at < body.length && !response.destroyed; at += fault.pieceBytes) {
        await sleep(fault.pauseMs);
        response.write(body.subarray(at, at + fault.pieceBytes));
      }
      response.end();
      return;
    }
    case 'rewrite': {
      const { answer, body } = await whole(passing);
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
      response.writeHead(answer.statusCode!, headers);
      response.end(fault.rewrite(body.toString('utf8')));
      return;
    }
    default:
      return fault satisfies never;
  }
}

/** Sends the request on; the answer's body is still to be read. */
function forward({ request, response, body, target, served }: Passing): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { connection: _, 'transfer-encoding': __, ...headers } = request.headers;
    const onward = send(new URL(request.url ?? '/', target), {
      method: request.method,
      headers: { ...headers, host: new URL(target).host, 'content-length': body.length },
      agent: false,
    });
    // A client that went away shall not leave the server working.
    response.once('close', () => onward.destroy());
    onward.once('error', reject);
    onward.once('response', (answer) => {
      served(answer.statusCode ?? 0);
      resolve(answer);
    });
    onward.end(body);
  });
}

async function whole(passing: Passing): Promise<{ readonly answer: IncomingMessage; readonly body: Buffer }> {
  const answer = await forward(passing);
  return { answer, body: await bytesOf(answer) };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
