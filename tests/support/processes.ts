import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Addresses (as /proc writes them, hex) that a process listens on, from its own sockets. */
export function listenAddresses(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      return match?.[1] ?? [];
    }),
  );
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A' && inodes.has(columns[9] ?? ''))
      .flatMap((columns) => columns[1]?.split(':')[0] ?? []),
  );
}

/** 127.0.0.1 and ::1 in the byte order of /proc/net/tcp and tcp6. */
export const LOOPBACK_HEX: readonly string[] = ['0100007F', '00000000000000000000000001000000'];

/** Waits until a condition holds; fails with what was waited for. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
