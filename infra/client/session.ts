import { Client, Connection } from '@temporalio/client';
import type { ObjectStore } from '../../activities/ports.js';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import { connectionInfo, type ConnectionInfo } from '../services/connection.js';
import { livingSupervisor } from '../services/status.js';
import { s3Store } from '../store/s3.js';

/** A connection to the services of one home: what every command that touches runs begins with. */
export interface Session {
  readonly temporal: Client;
  readonly store: ObjectStore;
  readonly connection: ConnectionInfo;
  close(): Promise<void>;
}

/** Calls that take longer than this are given up; a server that is restarted is back sooner. */
const CALL_MS = 20_000;

export async function openSession(home: Home): Promise<Session> {
  const connection = connectionInfo(home);
  const temporal = await connect(home, connection.temporalAddress);
  return {
    temporal: new Client({ connection: temporal }),
    store: s3Store(connection.s3),
    connection,
    close: () => temporal.close(),
  };
}

/** Opens a session for the time of `work`. */
export async function withSession<T>(home: Home, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(home);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Bounds a call, so that a server that went away is an error and not a silence. */
export function bounded<T>({ temporal }: Session, call: () => Promise<T>): Promise<T> {
  return temporal.withDeadline(Date.now() + CALL_MS, call);
}

/** The page of a run in the Temporal UI. */
export function runPage({ connection }: Session, run: string): string {
  return `${connection.uiUrl}/namespaces/default/workflows/${encodeURIComponent(run)}`;
}

async function connect(home: Home, address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: '5s' });
  } catch (cause) {
    if (livingSupervisor(home) === null)
      throw new UserError(`the services of ${home.root} are not running`, 'Type: ruminate up', { cause });
    throw new InfrastructureFailure(
      `Temporal does not answer at ${address}, though its supervisor runs: see ruminate status and ${home.logsFolder}/temporal.log`,
      { cause },
    );
  }
}
