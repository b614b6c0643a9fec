import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request to the server said. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ChatBody;
}

export interface ChatBody {
  readonly model?: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content: unknown;
    readonly tool_calls?: unknown;
  }[];
  readonly tools?: readonly unknown[];
  readonly stream?: boolean;
  readonly [other: string]: unknown;
}

/** How it answers: a message, a status, or raw bytes of an answer that goes wrong. */
export type Reply =
  | {
      readonly content?: string;
      readonly reasoning?: string;
      readonly calls?: readonly { readonly name: string; readonly arguments: string }[];
      readonly logProbs?: readonly { readonly token: string; readonly logprob: number }[];
      readonly usage?: object | null;
      readonly finish?: string;
    }
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly json?: unknown;
      readonly text?: string;
    }
  | { readonly raw: (response: ServerResponse) => void };

export interface ChatServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Most requests that were under way at once. */
  readonly most: () => number;
  close(): Promise<void>;
}

/** What it lists: names, or whole entries; null: 404; a text: a page. */
export type Models =
  readonly (string | { readonly id: string; readonly [field: string]: unknown })[] | string | null;

/** A real HTTP server that speaks the OpenAI protocol as a test tells it to; streams unless the reply is raw. */
export async function startChatServer(
  reply: (asked: Asked, number: number) => Reply | Promise<Reply>,
  {
    models = ['tiny-vl'],
    port = 0,
  }: { readonly models?: Models | (() => Models); readonly port?: number } = {},
): Promise<ChatServer> {
  const asked: Asked[] = [];
  let underWay = 0;
  let most = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (request.url === '/v1/models') {
        sendModels(response, typeof models === 'function' ? models() : models);
        return;
      }
      const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as ChatBody;
      const one = { path: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      most = Math.max(most, ++underWay);
      response.on('close', () => underWay--);
      void Promise.resolve(reply(one, asked.length)).then((given) => {
        send(response, given, body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    asked,
    most: () => most,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function sendModels(response: ServerResponse, models: Models): void {
  if (typeof models === 'string') {
    response.setHeader('content-type', 'text/html').end(models);
    return;
  }
  response.statusCode = models === null ? 404 : 200;
  response.setHeader('content-type', 'application/json');
  const data = (models ?? []).map((one) => ({
    object: 'model',
    ...(typeof one === 'string' ? { id: one } : one),
  }));
  response.end(JSON.stringify({ object: 'list', data }));
}

function send(response: ServerResponse, reply: Reply, { model }: ChatBody): void {
  if ('raw' in reply) {
    reply.raw(response);
    return;
  }
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(reply.text ?? JSON.stringify(reply.json ?? {}));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunksOf(reply, model ?? 'none')) response.write(eventOf(chunk));
  response.end('data: [DONE]\n\n');
}

/** One event of a stream. */
export function eventOf(chunk: unknown): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** A message in pieces: its text in two halves, its calls with their arguments in two halves, then why it ends. */
export function chunksOf(reply: Extract<Reply, { content?: string }>, model: string): readonly object[] {
  const delta = (fields: object, more: object = {}): object => ({
    model,
    choices: [{ index: 0, delta: fields, ...more }],
  });
  const { content = '', reasoning, calls = [], logProbs, usage, finish } = reply;
  const half = Math.ceil(content.length / 2);
  return [
    delta({ role: 'assistant', content: '' }),
    ...(reasoning === undefined ? [] : [delta({ reasoning_content: reasoning })]),
    ...(content === ''
      ? []
      : [delta({ content: content.slice(0, half) }), delta({ content: content.slice(half) })]),
    ...(logProbs === undefined ? [] : [delta({}, { logprobs: { content: logProbs } })]),
    ...calls.flatMap(({ name, arguments: json }, index) => {
      const middle = Math.ceil(json.length / 2);
      return [
        delta({
          tool_calls: [
            {
              index,
              id: `call-${index}`,
              type: 'function',
              function: { name, arguments: json.slice(0, middle) },
            },
          ],
        }),
        delta({ tool_calls: [{ index, function: { arguments: json.slice(middle) } }] }),
      ];
    }),
    {
      model,
      choices: [{ index: 0, delta: {}, finish_reason: finish ?? (calls.length > 0 ? 'tool_calls' : 'stop') }],
    },
    ...(usage === null
      ? []
      : [{ model, choices: [], usage: usage ?? { prompt_tokens: 100, completion_tokens: 10 } }]),
  ];
}
