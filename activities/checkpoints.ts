import type { PolicySpec } from '../engine/policy/spec.js';
import {
  freshOptimizer,
  optimizerFromFile,
  optimizerToFile,
  weightsFromFile,
  weightsToFile,
  type PolicyState,
} from '../engine/policy/state.js';
import { DataFailure } from '../domain/failures.js';
import type { CheckpointRef, PolicyVersion, Ref } from '../domain/refs.js';
import { parseJson } from './datasets.js';
import type { Commits, ObjectStore } from './ports.js';

/** What a checkpoint carries beside its bytes. */
export interface CheckpointExtra {
  readonly version: PolicyVersion;
  readonly metrics: Readonly<Record<string, number>>;
  readonly timeMs: Readonly<Record<string, number>>;
}

/** Saves and loads policy states; keeps the last few in memory, by the sha256 of their manifest. */
export class Checkpoints {
  readonly #store: ObjectStore;
  readonly #commits: Commits;
  readonly #kept = new Map<string, PolicyState>();

  constructor(store: ObjectStore, commits: Commits) {
    this.#store = store;
    this.#commits = commits;
  }

  /** The checkpoint that an earlier attempt committed at this place, if any. */
  committed(run: string, version: PolicyVersion): ReturnType<typeof committedCheckpoint> {
    return committedCheckpoint(this.#commits, run, version);
  }

  /** Commits a state, manifest last. Whoever loses a race gets the winner's. */
  async save(
    run: string,
    spec: PolicySpec,
    state: PolicyState,
    extra: CheckpointExtra,
  ): Promise<CheckpointRef> {
    const parts = [
      { name: WEIGHTS, body: weightsToFile(spec, state.weights), kind: 'weights' as const },
      { name: OPTIMIZER, body: optimizerToFile(spec, state.optimizer), kind: 'optimizer' as const },
    ];
    const commit = await this.#commits.commit(checkpointPrefix(run, extra.version), parts, { ...extra });
    if (commit.won) this.#keep(commit.manifest, state);
    return { manifest: commit.manifest, weights: weightsOf(commit.parts), version: extra.version };
  }

  async load(spec: PolicySpec, ref: CheckpointRef): Promise<PolicyState> {
    const kept = this.#kept.get(ref.manifest.sha256);
    if (kept) return kept;
    const { parts } = parseJson<{ parts: Record<string, Ref> }>(await this.#store.get(ref.manifest));
    const optimizer = parts[OPTIMIZER];
    if (!optimizer)
      throw new DataFailure(`${ref.manifest.uri}: expected a part named ${OPTIMIZER}, found none`);
    const state = {
      weights: await this.weights(spec, ref),
      optimizer: optimizerFromFile(spec, await this.#store.get(optimizer), optimizer.uri),
    };
    this.#keep(ref.manifest, state);
    return state;
  }

  /** Weights alone: what sampling needs. */
  async weights(spec: PolicySpec, ref: CheckpointRef): Promise<ReadonlyMap<string, Float32Array>> {
    const kept = this.#kept.get(ref.manifest.sha256) ?? this.#kept.get(ref.weights.sha256);
    if (kept) return kept.weights;
    const weights = readWeights(spec, await this.#store.get(ref.weights), ref.weights.uri);
    this.#keep(ref.weights, { weights, optimizer: freshOptimizer(spec) });
    return weights;
  }

  #keep(ref: Ref, state: PolicyState): void {
    this.#kept.set(ref.sha256, state);
    while (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

/** The checkpoint at this place in a run, and what it carries; null where there is none. */
export async function committedCheckpoint(
  commits: Commits,
  run: string,
  version: PolicyVersion,
): Promise<(CheckpointExtra & { readonly checkpoint: CheckpointRef }) | null> {
  const commit = await commits.read(checkpointPrefix(run, version));
  if (!commit) return null;
  const extra = commit.extra as unknown as CheckpointExtra;
  return { ...extra, checkpoint: { manifest: commit.manifest, weights: weightsOf(commit.parts), version } };
}

/** Weights of a foreign or corrupt file are a DataFailure that names the tensor. */
export function readWeights(
  spec: PolicySpec,
  file: Uint8Array,
  name: string,
): ReadonlyMap<string, Float32Array> {
  try {
    return weightsFromFile(spec, file, name);
  } catch (cause) {
    throw new DataFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

export const WEIGHTS = 'weights.safetensors';
export const OPTIMIZER = 'optimizer.safetensors';
const KEPT = 4;

/** Where a run keeps the checkpoint of a version. */
export function checkpointPrefix(run: string, { stage, step }: PolicyVersion): string {
  return `runs/${run}/${stage}/checkpoints/${String(step).padStart(6, '0')}`;
}

export function weightsOf(parts: Readonly<Record<string, Ref>>): Ref {
  const weights = parts[WEIGHTS];
  if (!weights) throw new DataFailure(`a checkpoint's manifest names no ${WEIGHTS}`);
  return weights;
}
