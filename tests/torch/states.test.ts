import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Commits } from '../../activities/ports.js';
import type { StateFile, TokenModel } from '../../activities/torch/model.js';
import { TokenStates } from '../../activities/torch/states.js';
import { DataFailure } from '../../domain/failures.js';
import type { CheckpointRef } from '../../domain/refs.js';
import { commitWithManifest, readManifest } from '../../infra/store/manifest.js';
import { MemoryStore } from '../support/memory-store.js';
import { scratch } from './support.js';

const { dir, remove } = scratch();
afterAll(remove);

/** A model whose weights are a number; the real one is held to the same in supervised.test.ts and rollouts.test.ts. */
class Counter {
  value = 0;
  trained: string | null = null;
  readonly loads: { weights: string; moments: boolean }[] = [];

  step(): void {
    this.value++;
    this.trained = null;
  }

  saveState(folder: string): Promise<{ weights: StateFile; optimizer: StateFile }> {
    const weights = written(folder, `weights ${this.value}`);
    this.trained = weights.sha256;
    return Promise.resolve({ weights, optimizer: written(folder, `moments ${this.value}`) });
  }

  loadState(state: { weights: StateFile; optimizer?: StateFile }): Promise<{ steps: number }> {
    this.loads.push({ weights: state.weights.sha256, moments: state.optimizer !== undefined });
    this.trained = state.weights.sha256;
    return Promise.resolve({ steps: 0 });
  }
}

let store: MemoryStore;
let commits: Commits;
let states: TokenStates;
let counter: Counter;
let model: TokenModel;
beforeEach(() => {
  store = new MemoryStore();
  commits = {
    commit: (
      ...given: Parameters<typeof commitWithManifest> extends [unknown, ...infer Rest] ? Rest : never
    ) => commitWithManifest(store, ...given),
    read: (prefix: string) => readManifest(store, prefix),
  };
  states = new TokenStates(store, commits, join(dir, 'states'));
  counter = new Counter();
  model = counter as unknown as TokenModel;
});

function save(step: number): Promise<CheckpointRef> {
  counter.step();
  return states.save('run', model, { version: { stage: 'RL_d', step }, metrics: {}, timeMs: {} });
}

it('a model that saved a checkpoint last goes on from it without being loaded', async () => {
  await states.load(model, await save(1), { moments: true });
  expect(counter.loads).toEqual([]);
});

it('a model is loaded whole when another checkpoint is asked for, or when it was cut short on the way', async () => {
  const [first, second] = [await save(1), await save(2)];
  await states.load(model, first, { moments: true });
  // Cut short: nothing was saved after this load.
  await states.load(model, first, { moments: true });
  await states.load(model, second, { moments: true });
  expect(counter.loads).toEqual(
    [first, first, second].map(({ weights }) => ({ weights: weights.sha256, moments: true })),
  );
});

it('a stage begins without moments, also on the model that has just been saved', async () => {
  const last = await save(1);
  await states.load(model, last, { moments: false });
  expect(counter.loads).toEqual([{ weights: last.weights.sha256, moments: false }]);
});

it('lets go of a checkpoint’s bytes and keeps its manifest, so that the step still counts as done', async () => {
  const [first, second] = [await save(1), await save(2)];
  await states.drop('run', { stage: 'RL_d', step: 1 });
  expect((await states.committed('run', { stage: 'RL_d', step: 1 }))?.checkpoint).toEqual(first);
  await expect(store.get(first.weights)).rejects.toThrow('there is no such object');
  await expect(store.get(second.weights)).resolves.toBeDefined();
  // Done before, never there, before the first: nothing happens.
  for (const step of [1, 9, 0, -3]) await states.drop('run', { stage: 'RL_d', step });
  await expect(store.get(second.weights)).resolves.toBeDefined();
});

it('keeps the copies of the last few files, and fetches a lost one again', async () => {
  const saved: CheckpointRef[] = [];
  for (let step = 1; step <= 12; step++) saved.push(await save(step));
  await expect.poll(() => readdirSync(join(dir, 'states')).length).toBeLessThanOrEqual(8);
  const { path, sha256 } = await states.file(saved[0]!.weights);
  expect(sha256).toBe(saved[0]!.weights.sha256);
  expect(readdirSync(join(dir, 'states'))).toContain(path.split('/').at(-1));
});

it('commits no file that is not what its model said of it', async () => {
  counter.saveState = (folder) => {
    const [weights, optimizer] = [written(folder, 'weights'), written(folder, 'moments')];
    writeFileSync(optimizer.path, 'mom');
    return Promise.resolve({ weights, optimizer });
  };
  await expect(save(1)).rejects.toThrow(DataFailure);
  expect(await states.committed('run', { stage: 'RL_d', step: 1 })).toBeNull();
});

it('fetches from the store what it must, and nothing else where that is another file now', async () => {
  const { weights } = await save(1);
  const elsewhere = new TokenStates(store, commits, join(dir, 'elsewhere'));
  const { path } = await elsewhere.file(weights);
  expect(readFileSync(path, 'utf8')).toBe('weights 1');
  rmSync(path);
  await store.put(weights.uri.replace('s3://memory/', ''), Buffer.from('other'), 'weights');
  await expect(elsewhere.file(weights)).rejects.toThrow(DataFailure);
  expect(readdirSync(join(dir, 'elsewhere'))).toEqual([]);
});

function written(folder: string, text: string): StateFile {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const path = join(folder, `${sha256}.safetensors`);
  writeFileSync(path, text);
  return { path, sha256 };
}
