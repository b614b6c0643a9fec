import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataFailure } from '../../domain/failures.js';
import type { CheckpointRef, PolicyVersion, Ref } from '../../domain/refs.js';
import type { CheckpointExtra } from '../checkpoints.js';
import { checkpointPrefix, committedCheckpoint, OPTIMIZER, WEIGHTS, weightsOf } from '../checkpoints.js';
import { parseJson } from '../datasets.js';
import type { Commits, ObjectStore, Part } from '../ports.js';
import type { RequestOptions, StateFile, TokenModel } from './model.js';

/**
 * Checkpoints of models that live in a process of their own, which reads and writes files: the store has the bytes, a
 * folder of this worker has copies, each named by its SHA-256. The last few are kept.
 */
export class TokenStates {
  readonly #store: ObjectStore;
  readonly #commits: Commits;
  readonly #folder: string;
  /** Which checkpoint, moments and all, a model has in its hands. */
  readonly #held = new WeakMap<TokenModel, string>();
  /** Files that are used now or were lately, oldest first. */
  readonly #files = new Map<string, Promise<StateFile>>();

  /** @param folder of this worker's own */
  constructor(store: ObjectStore, commits: Commits, folder: string) {
    this.#store = store;
    this.#commits = commits;
    this.#folder = folder;
  }

  /** The checkpoint that an earlier attempt committed at this place, if any. */
  committed(run: string, version: PolicyVersion): ReturnType<typeof committedCheckpoint> {
    return committedCheckpoint(this.#commits, run, version);
  }

  /** Commits what the model has trained, manifest last. Whoever loses a race gets the winner's. */
  async save(
    run: string,
    model: TokenModel,
    extra: CheckpointExtra,
    options: RequestOptions = {},
  ): Promise<CheckpointRef> {
    await mkdir(this.#folder, { recursive: true });
    const { weights, optimizer } = await model.saveState(this.#folder, options);
    const parts: readonly Part[] = [
      { name: WEIGHTS, file: weights.path, sha256: weights.sha256, kind: 'weights' },
      { name: OPTIMIZER, file: optimizer.path, sha256: optimizer.sha256, kind: 'optimizer' },
    ];
    const commit = await this.#commits.commit(checkpointPrefix(run, extra.version), parts, { ...extra });
    await rm(optimizer.path, { force: true });
    this.#remember(Promise.resolve({ path: weights.path, sha256: weights.sha256 }), weights.sha256);
    if (commit.won) this.#held.set(model, commit.manifest.sha256);
    else this.#held.delete(model);
    return { manifest: commit.manifest, weights: weightsOf(commit.parts), version: extra.version };
  }

  /** Brings a model to a checkpoint, to train from it; `moments: false` begins a stage, with none. A model that saved it
   * last is there already. */
  async load(
    model: TokenModel,
    { manifest, weights }: CheckpointRef,
    { moments, ...options }: RequestOptions & { readonly moments: boolean },
  ): Promise<void> {
    const there = model.trained === weights.sha256 && this.#held.get(model) === manifest.sha256;
    // Until it is saved again: who is cut short between gradients and step leaves gradients behind.
    this.#held.delete(model);
    if (there && moments) return;
    const { parts } = parseJson<{ parts: Record<string, Ref> }>(await this.#store.get(manifest));
    const optimizer = parts[OPTIMIZER];
    if (!optimizer) throw new DataFailure(`${manifest.uri}: expected a part named ${OPTIMIZER}, found none`);
    const files = {
      weights: await this.file(weights),
      ...(moments ? { optimizer: await this.file(optimizer) } : {}),
    };
    await model.loadState(files, options);
  }

  /**
   * Lets go of the bytes of an earlier checkpoint of a stage; does nothing where it has none. Its manifest stays, so that
   * a run that is taken up again finds the step done and goes on to the checkpoint that it needs.
   */
  async drop(run: string, version: PolicyVersion): Promise<void> {
    if (version.step <= 0) return;
    const commit = await this.#commits.read(checkpointPrefix(run, version));
    for (const { uri } of Object.values(commit?.parts ?? {}))
      await this.#store.delete(uri.replace(/^s3:\/\/[^/]+\//, ''));
  }

  /** A part of a checkpoint as a file of this machine, its bytes checked. */
  async file(ref: Ref): Promise<StateFile> {
    const known = this.#files.get(ref.sha256);
    if (known !== undefined) {
      const file = await known;
      if (await exists(file.path)) return file;
    }
    const fetching = this.#fetch(ref);
    this.#remember(fetching, ref.sha256);
    return fetching;
  }

  async #fetch(ref: Ref): Promise<StateFile> {
    await mkdir(this.#folder, { recursive: true });
    const file = path.join(this.#folder, `${ref.sha256}.safetensors`);
    if (!(await exists(file))) await this.#store.getFile(ref, file);
    return { path: file, sha256: ref.sha256 };
  }

  #remember(file: Promise<StateFile>, sha256: string): void {
    this.#files.delete(sha256);
    this.#files.set(sha256, file);
    file.catch(() => this.#files.delete(sha256));
    while (this.#files.size > KEPT) {
      const [oldest, gone] = this.#files.entries().next().value!;
      this.#files.delete(oldest);
      void gone.then(({ path: old }) => rm(old, { force: true })).catch(() => undefined);
    }
  }
}

const KEPT = 8;

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
