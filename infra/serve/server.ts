import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../domain/failures.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { refuseOpenHost, refuseStranger } from './access.js';
import { answerChat } from './chat.js';
import { RequestError } from './errors.js';
import { Gate } from './gate.js';
import { LIMITS, type Limits } from './limits.js';
import type { ServedPolicy } from './served-policy.js';

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What requests must bring as `Authorization: Bearer`; null where none is asked for. */
  readonly token: string | null;
  readonly limits?: Partial<Limits>;
  /** Told of each request that has been answered. */
  readonly onRequest?: (line: RequestLine) => void;
}

export interface RequestLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

export interface PolicyServer {
  readonly url: string;
  /** Answers what has begun, takes nothing new, and ends. What outlasts `limits.drainMs` is cut off. */
  close(): Promise<void>;
}

/** Puts a policy behind OpenAI's chat API. Throws a UserError where the host is open without a token, or the port taken. */
export async function servePolicy(policy: ServedPolicy, options: ServeOptions): Promise<PolicyServer> {
  refuseOpenHost(options.host, options.token);
  const limits = { ...LIMITS, ...options.limits };
  const gate = new Gate(limits);
  const startedSec = Math.floor(Date.now() / 1000);
  const server = createServer(
    { requestTimeout: limits.receiveMs, headersTimeout: 10_000 },
    (request, response) => {
      const startedMs = performance.now();
      const path = pathOf(request);
      response.once('close', () => {
        options.onRequest?.({
          method: request.method ?? '',
          path,
          status: response.statusCode,
          ms: performance.now() - startedMs,
        });
      });
      void answer(request, response, path).catch((error: unknown) => {
        refuse(response, error);
      });
    },
  );
  server.maxConnections = 4 * (limits.running + limits.waiting);

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path === '/health') return ok(request, response, { status: 'ok', answering: gate.inside });
    refuseStranger(request, options.token);
    const model = modelOf(policy, startedSec);
    if (path === '/v1/models') return ok(request, response, { object: 'list', data: [model] });
    if (path.startsWith(MODEL)) {
      if (decoded(path.slice(MODEL.length)) === policy.id) return ok(request, response, model);
      throw new RequestError(
        404,
        `there is no model "${path.slice(MODEL.length)}"; this server has "${policy.id}"`,
        {
          param: 'model',
          code: 'model_not_found',
        },
      );
    }
    if (path === '/v1/chat/completions') {
      refuseMethod(request, 'POST');
      return answerChat({ policy, limits, gate }, request, response);
    }
    throw new RequestError(
      404,
      `there is nothing at ${path}: try /v1/chat/completions, /v1/models or /health`,
      {
        code: 'unknown_url',
      },
    );
  }

  await listening(server, options);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async close() {
      await drained(server, limits.drainMs);
      await policy.close();
    },
  };
}

const MODEL = '/v1/models/';

/** As OpenAI lists a model, and what it can do: a client need not try it out with pictures that it would refuse. */
function modelOf({ id, maxLooks }: ServedPolicy, created: number) {
  return {
    id,
    object: 'model',
    created,
    owned_by: 'ruminate',
    capabilities: { vision: true, tools: true, logprobs: true },
    overview_frames: DEFAULT_PICTURES.frames,
    max_looks: maxLooks,
  };
}

function ok(request: IncomingMessage, response: ServerResponse, value: unknown): void {
  refuseMethod(request, 'GET');
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}

function refuseMethod({ method }: IncomingMessage, expected: string): void {
  if (method !== expected)
    throw new RequestError(405, `expected ${expected}, got ${method}`, { headers: { allow: expected } });
}

/** An error in OpenAI's form. Only our own words go out: what another failure says may name files. */
function refuse(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  const told =
    error instanceof RequestError
      ? error
      : new RequestError(500, 'the server made a mistake; its log says which');
  if (told !== error)
    process.stderr.write(`serve: ${error instanceof Error ? error.stack : String(error)}\n`);
  for (const [name, value] of Object.entries(told.headers)) response.setHeader(name, value);
  response.statusCode = told.status;
  response.setHeader('content-type', 'application/json').end(JSON.stringify(told.body));
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0]!.replace(/(?<=.)\/$/, '');
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function listening(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === 'EADDRINUSE'
          ? 'name another with --port, or 0 for a free one'
          : 'name another with --host';
      reject(
        new UserError(`cannot listen on ${host}:${port} (${error.code ?? error.message})`, hint, {
          cause: error,
        }),
      );
    });
    server.listen({ host, port }, resolve);
  });
}

function drained(server: Server, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, afterMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
