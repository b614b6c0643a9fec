import { cpus, loadavg, totalmem } from 'node:os';
import { BINARIES } from '../setup/versions.js';
import { fingerprintParts, packageVersion } from '../setup/fingerprint.js';

/** Where and with what a benchmark ran. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  /** Processes that wanted a core in the minute before: numbers of a busy machine say little. */
  readonly loadBefore: number;
}

export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round((10 * totalmem()) / 2 ** 30) / 10,
    loadBefore: Math.round(10 * (loadavg()[0] ?? 0)) / 10,
  };
}

/** What shapes a run's bytes and its time. */
export async function versions(): Promise<Readonly<Record<string, string>>> {
  return {
    ...(await fingerprintParts()),
    node: process.versions.node,
    temporal: BINARIES.temporal.version,
    temporalSdk: packageVersion('@temporalio/worker'),
    minio: BINARIES.minio.version,
  };
}
