import { execFileSync } from 'node:child_process';
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

/** The torch engine's process of a worker; null while it has none. */
export function torchPythonOf(worker: number): number | null {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines) {
    const [pid, parent, ...command] = line.trim().split(/\s+/);
    if (Number(parent) === worker && command.includes('ruminate_torch')) return Number(pid);
  }
  return null;
}

/** From now on the process cannot have more address space than so much (Linux); by default, than it has. */
export function limitMemory(pid: number, bytes: number | null = null): void {
  const [, kibibytes = ''] = /VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  const limit = bytes ?? Number(kibibytes) * 1024;
  execFileSync('prlimit', ['--pid', String(pid), `--as=${limit}:${limit}`]);
}

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
