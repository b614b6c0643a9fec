import { join } from 'node:path';

import { z } from 'zod';

import { readTextIfThere, writeJsonFile } from '../home/files.js';
import type { Home } from '../home/home.js';
import type { Plan, ServiceRecord } from './spec.js';

/** What a supervisor says of itself in `run/supervisor.json`. True while its process lives; afterwards a trace of what it left. */
export interface SupervisorState {
  readonly pid: number;
  /** Start time of that pid, as in `ProcessIdentity`. */
  readonly started: string;
  /** ISO 8601, for people. */
  readonly since: string;
  readonly services: readonly ServiceRecord[];
}

/** What `up` sends to the supervisor once everything stands and shall stay without it. */
export const STAY = 'stay';

export function stateFile(home: Home): string {
  return join(home.runFolder, 'supervisor.json');
}

export function planFile(home: Home): string {
  return join(home.runFolder, 'plan.json');
}

export function writeState(home: Home, state: SupervisorState): void {
  writeJsonFile(stateFile(home), state);
}

export function writePlan(home: Home, plan: Plan): void {
  writeJsonFile(planFile(home), plan);
}

/** Null where no supervisor ever ran, or its file cannot be understood: then nothing in it may be relied on. */
export function readState(home: Home): SupervisorState | null {
  return parse(stateSchema, readTextIfThere(stateFile(home)));
}

export function readPlan(home: Home): Plan | null {
  return parse(planSchema, readTextIfThere(planFile(home)));
}

function parse<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

const stateSchema = z.object({
  pid: z.int().positive(),
  started: z.string(),
  since: z.string(),
  services: z.array(
    z.object({
      role: z.string(),
      pid: z.int().positive().nullable(),
      started: z.string().nullable(),
      state: z.enum(['waiting', 'starting', 'running', 'restarting', 'stopped']),
      restarts: z.int(),
      failures: z.int(),
      lastEnd: z.string().nullable(),
    }),
  ),
});

const planSchema = z.object({
  home: z.string(),
  services: z.array(
    z.object({
      role: z.string(),
      command: z.string(),
      args: z.array(z.string()),
      env: z.record(z.string(), z.string()),
      logFile: z.string(),
      after: z.array(z.string()),
      ready: z.discriminatedUnion('type', [
        z.object({ type: z.literal('http'), url: z.string() }),
        z.object({ type: z.literal('tcp'), port: z.int() }),
        z.object({ type: z.literal('message') }),
      ]),
      ipc: z.boolean(),
    }),
  ),
  prepare: z.object({ temporalAddress: z.string() }).nullable(),
});
