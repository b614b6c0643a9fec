import { get } from 'node:http';
import { connect } from 'node:net';

import { LOOPBACK } from './ports.js';

/** How to see from outside whether a service answers. */
export type Probe =
  | { readonly type: 'http'; readonly url: string }
  | { readonly type: 'tcp'; readonly port: number }
  /** A worker says so itself, over its IPC channel: see `WORKER_READY`; outside, being alive must do. */
  | { readonly type: 'message' };

/** What a worker sends (`process.send`) once it polls its task queue. */
export const WORKER_READY = { type: 'ready' } as const;

export async function answers(probe: Probe, timeoutMs = 1_000): Promise<boolean> {
  switch (probe.type) {
    case 'http':
      return answersHttp(probe.url, timeoutMs);
    case 'tcp':
      return answersTcp(probe.port, timeoutMs);
    case 'message':
      return true;
    default:
      return probe satisfies never;
  }
}

export function answersHttp(url: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: timeoutMs, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => {
      resolve(false);
    });
    request.once('close', () => {
      resolve(false);
    });
  });
}

export function answersTcp(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: timeoutMs });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => {
      finish(true);
    });
    socket.once('timeout', () => {
      finish(false);
    });
    socket.once('error', () => {
      finish(false);
    });
  });
}
