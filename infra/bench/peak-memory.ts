import { readdirSync, readFileSync } from 'node:fs';

/** Largest resident set that each living process of a tree has had, in bytes, the root first; null without Linux' /proc. */
export function peakMemory(root: number): readonly number[] | null {
  try {
    const parents = new Map<number, number>();
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const parent = field(Number(name), 'PPid');
      if (parent !== null) parents.set(Number(name), parent);
    }
    const tree = [root];
    for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
    const peaks = tree.flatMap((pid) => field(pid, 'VmHWM') ?? []);
    return peaks.length === 0 ? null : peaks.map((kib) => kib * 1024);
  } catch {
    return null;
  }
}

/** Null for a process that has ended meanwhile. */
function field(pid: number, name: string): number | null {
  try {
    const line = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? null : Number(line[1]);
  } catch {
    return null;
  }
}
