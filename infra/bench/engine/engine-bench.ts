import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from '../../setup/fingerprint.js';
import { machine } from '../machine.js';
import type { Clock } from '../clocks.js';
import { Contestants } from './contestants.js';
import { writeHandover } from './handover.js';
import { measureDecode, measureMuon, measureSizes, measureTrain, measureWide } from './measures.js';
import { findPython, TORCH } from '../python.js';
import type { EngineBench } from './results.js';
import {
  DECODE,
  TRAIN,
  TRAIN_MUON,
  TRAIN_WIDE,
  type DecodeScenario,
  type TrainScenario,
} from './scenarios.js';

export const PARTS = ['train', 'trainMuon', 'trainWide', 'decode', 'sizes'] as const;
export type Part = (typeof PARTS)[number];

export interface EngineBenchOptions {
  readonly threads: number;
  readonly rounds: number;
  readonly clock: Clock;
  /** Also torch.compile, which takes a minute or two by itself. */
  readonly compile: boolean;
  readonly parts: readonly Part[];
  /** Ends all child processes; the bench then rejects. */
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

const SEED = 1;

/** Our engine beside PyTorch on this machine, in turns, with the same weights, inputs and threads. */
export async function engineBench({
  parts,
  compile,
  signal,
  ...options
}: EngineBenchOptions): Promise<EngineBench> {
  const at = new Date().toISOString();
  const on = machine();
  const python = await findPython(TORCH);
  const reason = python.path === null ? python.reason : null;
  if (reason !== null) options.onProgress(`without PyTorch: ${reason}`);
  const scratch = mkdtempSync(join(tmpdir(), 'ruminate-bench-'));
  const all = new Contestants(python.path, { threads: options.threads, compile, scratch });
  const kill = (): void => all.kill();
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  const handed = <S extends Omit<TrainScenario, 'file'> | Omit<DecodeScenario, 'file'>>(
    scenario: S,
  ): S & { file: string } => {
    const file = join(scratch, `${scenario.name}.safetensors`);
    writeHandover(scenario, file, SEED);
    return { ...scenario, file };
  };
  const asked = async <T>(part: Part, measure: () => Promise<T>): Promise<T | null> =>
    parts.includes(part) ? measure() : null;
  // Its runs are long: fewer of them say as much.
  const fewer = { ...options, rounds: Math.ceil(options.rounds / 2) };
  try {
    return {
      at,
      threads: options.threads,
      clock: options.clock,
      train: await asked('train', () => measureTrain(handed(TRAIN), all, options)),
      trainMuon: await asked('trainMuon', () => measureMuon(handed(TRAIN_MUON), all, options)),
      trainWide: await asked('trainWide', () => measureWide(handed(TRAIN_WIDE), all, fewer)),
      decode: await asked('decode', () => measureDecode(handed(DECODE), all, options)),
      sizes: await asked('sizes', () => measureSizes(all, options)),
      reason,
      machine: on,
      versions: {
        node: process.versions.node,
        onnxruntime: packageVersion('onnxruntime-node'),
        ...(python.path === null ? {} : python.versions),
      },
    };
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    rmSync(scratch, { recursive: true, force: true });
  }
}
