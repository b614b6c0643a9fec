import type { Environment } from '../setup/paths.js';

/**
 * A step's big tensors from one warm heap: without this glibc hands each of them fresh pages and takes them back after, and
 * the kernel clears them every time (a training step of the small policy took 290 ms in place of 145).
 *
 * `hugetlb=1` asks for huge pages by madvise; below `mmap_threshold` bytes come from the heap; the heap is not given
 * back, so a worker keeps what its largest step took; `arena_max=1` makes it one heap for all threads.
 * (https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html)
 */
const TUNABLES = [
  'glibc.malloc.hugetlb=1',
  `glibc.malloc.mmap_threshold=${32 * 2 ** 20}`,
  `glibc.malloc.trim_threshold=${2 ** 36}`,
  'glibc.malloc.arena_max=1',
].join(':');

/**
 * What a child process that computes adds to its environment; glibc reads it at the start of a process only. Nothing
 * where there is no glibc to read it, and nothing where a person has set tunables of their own.
 */
export function allocatorEnvironment(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): Readonly<Record<string, string>> {
  return platform === 'linux' && env['GLIBC_TUNABLES'] === undefined ? { GLIBC_TUNABLES: TUNABLES } : {};
}
