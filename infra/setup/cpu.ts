import { readFile } from 'node:fs/promises';
import { arch, cpus } from 'node:os';

/** Instruction sets by which numeric kernels are chosen: two machines that differ here may round differently. */
const SIMD_FLAGS = [
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx512bw',
  'avx512_vnni',
  'avx512_bf16',
  'amx_tile',
  'asimd',
  'sve',
];

/**
 * The kind of CPU, within which results are the same byte for byte: architecture, vendor, family, model, stepping and
 * SIMD level. Clock, core count and microcode do not change what is computed, and are left out.
 */
export async function cpuKind(): Promise<string> {
  return describeCpu(
    await readFile('/proc/cpuinfo', 'utf8').catch(() => ''),
    arch(),
    cpus()[0]?.model ?? 'unknown',
  );
}

/** From the text of /proc/cpuinfo; where there is none, from the model's name alone. */
export function describeCpu(cpuinfo: string, architecture: string, modelName: string): string {
  const first = cpuinfo.split('\n\n')[0] ?? '';
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}\\s*:\\s*(.*)$`, 'mi').exec(first)?.[1]?.trim();
  const vendor = field('vendor_id') ?? field('CPU implementer');
  if (vendor === undefined) return `${architecture} ${modelName}`;
  const family = field('cpu family') ?? field('CPU architecture') ?? '?';
  const model = field('model') ?? field('CPU part') ?? '?';
  const stepping = field('stepping') ?? field('CPU revision') ?? '?';
  const flags = new Set((field('flags') ?? field('Features') ?? '').split(/\s+/));
  const simd = SIMD_FLAGS.filter((flag) => flags.has(flag)).join('+') || 'none';
  return `${architecture} ${vendor} family ${family} model ${model} stepping ${stepping} simd ${simd}`;
}
