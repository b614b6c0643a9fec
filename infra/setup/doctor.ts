import { homeFolder } from '../home/home.js';
import type { Environment } from './paths.js';
import type { Finding } from './probes.js';
import * as probe from './probes.js';

/** One line of `ruminate doctor`. */
export interface DoctorLine {
  readonly what: string;
  /** Where it was found, or what stands in its place. */
  readonly found: string;
  readonly version: string;
  readonly ok: boolean;
  /** What to type or change; present when `ok` is false, or where something optional is missing. */
  readonly todo?: string;
}

/** Looks at everything Ruminate stands on, changes nothing, and never throws: what is broken is a line. */
export async function doctor(options: { readonly env?: Environment } = {}): Promise<readonly DoctorLine[]> {
  const env = options.env ?? process.env;
  const home = homeFolder(env, process.cwd());
  const probes: readonly [string, () => Promise<Finding>][] = [
    ['node', probe.node],
    ['go', () => probe.go(env)],
    ['temporal', () => probe.server('temporal', env)],
    ['minio', () => probe.server('minio', env)],
    ['ffmpeg', () => probe.ffmpeg(env)],
    ['fonts', probe.fonts],
    ['onnxruntime-node', probe.onnxruntime],
    ['cuda', probe.cuda],
    ['torch', () => probe.torch(env)],
    ['vllm', () => probe.vllm(env)],
    ['sharp', probe.sharp],
    ['cpu', probe.cpu],
    ['RUMINATE_HOME', () => probe.writable(home)],
    ['disk', () => probe.disk(home)],
  ];
  return Promise.all(probes.map(async ([what, look]) => ({ what, ...(await look().catch(broken)) })));
}

function broken(error: unknown): Finding {
  const { message, hint } = error as { message?: string; hint?: string };
  return { found: message ?? String(error), version: '', ok: false, todo: hint ?? 'npm ci' };
}
