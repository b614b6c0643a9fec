import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../domain/failures.js';
import { isNodeError } from '../home/files.js';
import { LOOPBACK, portHolder } from '../services/ports.js';
import { admit, type Guard } from './guard.js';
import { refused, send } from './reply.js';
import { answer, type Review } from './routes.js';

export interface ReviewServer {
  /** Holds the token: whoever has it may decide. */
  readonly url: string;
  readonly port: number;
  /** Ends open requests; resolves when nothing is held any more. */
  close(): Promise<void>;
}

/** Serves the review on this machine only. `port` 0 takes any that is free. */
export async function serveReview(
  review: Review,
  { port, onError }: { readonly port: number; readonly onError: (error: unknown) => void },
): Promise<ReviewServer> {
  const token = randomBytes(24).toString('base64url');
  const guard = { token, port };
  const server = createServer((request, response) => {
    void respond(review, guard, request, response, onError);
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK, exclusive: true }, resolve);
  }).catch((cause: unknown) => {
    if (!isNodeError(cause)) throw cause;
    const holder = portHolder(port);
    throw new UserError(
      `port ${port} cannot be used (${cause.code})${holder === null ? '' : `: ${holder} listens there`}`,
      'Name another with --port, or none: any free one is then taken.',
      { cause },
    );
  });
  const at = (server.address() as AddressInfo).port;
  guard.port = at;
  return {
    url: `http://${LOOPBACK}:${at}/${token}/`,
    port: at,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  review: Review,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
  onError: (error: unknown) => void,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const admission = admit(guard, request);
    if ('status' in admission) {
      send(response, refused(admission.status, admission.reason));
      return;
    }
    send(response, await answer(review, request, admission, gone.signal));
  } catch (error) {
    // A person who goes on to the next trajectory no longer wants this one's pictures.
    if (gone.signal.aborted) return;
    onError(error);
    send(response, refused(500, error instanceof Error ? error.message : String(error)));
  }
}
