import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

import getPort, { portNumbers } from 'get-port';

import { PORT_NAMES, type ServicePorts } from '../home/settings.js';

export const LOOPBACK = '127.0.0.1';

/**
 * Free ports for a new installation, below the range that systems hand to outgoing connections (32768 and
 * up), so that a remembered port is not taken by accident. Where the search begins depends on the folder: two
 * installations that start at the same moment look in different places.
 */
export async function choosePorts(homeRoot: string, avoid: readonly number[] = []): Promise<ServicePorts> {
  const chosen: number[] = [];
  const start =
    FIRST + (createHash('sha256').update(homeRoot).digest().readUInt32BE(0) % (LAST - FIRST - 400));
  for (const _ of PORT_NAMES) {
    chosen.push(
      await getPort({
        port: portNumbers(start, start + 400),
        host: LOOPBACK,
        exclude: [...chosen, ...avoid],
      }),
    );
  }
  const [temporal, temporalUi, temporalMetrics, minio, minioConsole] = chosen;
  if (
    temporal === undefined ||
    temporalUi === undefined ||
    temporalMetrics === undefined ||
    minio === undefined ||
    minioConsole === undefined
  ) {
    throw new Error('unreachable: five names, five ports');
  }
  return { temporal, temporalUi, temporalMetrics, minio, minioConsole };
}

const FIRST = 20_000;
const LAST = 32_000;

/** A port of the settings that somebody else listens on. */
export interface TakenPort {
  readonly setting: `ports.${keyof ServicePorts}`;
  readonly port: number;
  /** Such as `process 4711 (nginx)`, where the system lets us see it. */
  readonly holder: string | null;
}

export async function takenPorts(ports: ServicePorts): Promise<readonly TakenPort[]> {
  const taken: TakenPort[] = [];
  for (const name of PORT_NAMES) {
    const port = ports[name];
    if (!(await isFree(port))) taken.push({ setting: `ports.${name}`, port, holder: portHolder(port) });
  }
  return taken;
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** Who listens on a port, by Linux' /proc; null elsewhere, and for processes of other users. */
export function portHolder(port: number): string | null {
  try {
    const inodes = new Set(listeningSockets(port));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsSocket(pid, inodes)) {
        return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
      }
    }
  } catch {
    // No /proc, or a process that ended while we looked: the message does without a name.
  }
  return null;
}

const LISTEN = '0A';

/** Socket inodes that listen on a port: columns of /proc/net/tcp are sl, local address:port in hex, remote, state, …, inode. */
function listeningSockets(port: number): readonly string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[1]?.endsWith(`:${hexPort}`) === true && columns[3] === LISTEN)
      .flatMap((columns) => columns[9] ?? []),
  );
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      const target = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      return target?.[1] !== undefined && inodes.has(target[1]);
    });
  } catch {
    return false;
  }
}
