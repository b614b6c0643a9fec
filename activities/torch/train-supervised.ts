import type { TorchPolicy } from '../../domain/curriculum.js';
import { BugFailure } from '../../domain/failures.js';
import { ratesAt } from '../../domain/schedules.js';
import { nameHash, stream } from '../../domain/seeds.js';
import type { TrainSupervisedInput, Trained } from '../contract.js';
import { parseLines } from '../datasets.js';
import { breathe, cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import { stopwatch } from '../stopwatch.js';
import { ConversationBatch } from './conversations.js';
import type { DemonstratedConversation } from './demonstrations.js';
import type { TokenModel } from './model.js';
import type { TokenModels } from './models.js';
import { torchPolicy } from './policy.js';
import type { TokenStates } from './states.js';

interface Deps {
  readonly store: ObjectStore;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/**
 * Supervised steps [fromStep, toStep) of a stage, then one commit. Where the model's process dies on the way, the
 * activity fails as infrastructure; the next attempt begins at the same checkpoint, and makes the same bytes.
 */
export function createTorchTrainSupervised({
  store,
  models,
  states,
}: Deps): (input: TrainSupervisedInput) => Promise<Trained> {
  const sets = new DemonstrationSets(store);
  return async (input) => {
    const { at, stage, fromStep, toStep } = input;
    const version = { stage: at.stage, step: toStep };
    const done = await states.committed(at.run, version);
    if (done) return done;
    const time = stopwatch();
    const policy = torchPolicy(input.policy);
    const demonstrations = await sets.load(input);
    const signal = cancellationSignal();
    return models.use(policy, input.compute, async (model) => {
      // Each stage begins with zero moments: the one before it had another objective.
      await states.load(model, input.checkpoint, { moments: fromStep > 0, signal, onProgress: heartbeat });
      time.mark('loading');
      const sums: Record<string, number> = {};
      for (let step = fromStep; step < toStep; step++) {
        const chosen = batchOf(demonstrations.length, stage.batchSize, [input.seed, at.stage], step);
        const batch = chosen.map((i) => demonstrations[i]!);
        const metrics = await supervisedStep({ store, model, policy, input }, batch, step);
        for (const [name, value] of Object.entries(metrics)) sums[name] = (sums[name] ?? 0) + value;
        heartbeat({ doing: at.stage, done: step + 1, total: stage.steps, loss: metrics['loss'] });
        await breathe();
      }
      time.mark('training');
      const metrics = Object.fromEntries(
        Object.entries(sums).map(([name, sum]) => [name, sum / (toStep - fromStep)]),
      );
      const extra = { version, metrics, timeMs: { ...time.marks } };
      const checkpoint = await states.save(at.run, model, extra, { signal });
      const older = fromStep - (policy.keepCheckpoints - 1) * stage.stepsPerCommit;
      await states.drop(at.run, { stage: at.stage, step: older });
      time.mark('storing');
      return { checkpoint, metrics, timeMs: { ...time.marks } };
    });
  };
}

/**
 * Which demonstrations a step trains on: a function of (seed, stage, step) alone. All are gone through in an order that
 * is shuffled anew in each pass.
 */
export function batchOf(
  count: number,
  size: number,
  names: readonly (string | number)[],
  step: number,
): readonly number[] {
  const orders = new Map<number, readonly number[]>();
  return Array.from({ length: size }, (_, i) => {
    const position = step * size + i;
    const pass = Math.floor(position / count);
    const order = orders.get(pass) ?? stream(...names, 'order', pass).shuffle([...Array(count).keys()]);
    orders.set(pass, order);
    return order[position % count]!;
  });
}

interface Training {
  readonly store: ObjectStore;
  readonly model: TokenModel;
  readonly policy: TorchPolicy;
  readonly input: TrainSupervisedInput;
}

/** One optimizer step. Numbers that are not finite throw a BugFailure that names the step; nothing is saved then. */
async function supervisedStep(
  { store, model, policy, input }: Training,
  demonstrations: readonly DemonstratedConversation[],
  step: number,
): Promise<Readonly<Record<string, number>>> {
  const { at, stage, compute, seed } = input;
  const batch = new ConversationBatch(policy);
  const sequences = demonstrations.map(({ opening, said, looked }) => ({
    conversation: batch.whole(opening, said, looked, looked.length >= policy.maxLooks),
  }));
  const { lr } = ratesAt(step, stage.steps, stage.optimizer);
  const { beta1, beta2, weightDecay, clipNorm } = stage.optimizer;
  const signal = cancellationSignal();
  try {
    const { loss, tokens } = await model.forwardBackward(
      {
        objective: { type: 'sft' },
        sequences,
        microBatch: compute.microBatch,
        seed: nameHash(seed, at.stage, step, 'dropout'),
      },
      { blobs: await batch.blobs(store), signal },
    );
    const rates = { lr, beta1, beta2, weightDecay, clipNorm };
    const { gradNorm } = await model.optimStep({ ...rates, calls: 1 }, { signal });
    return { loss, gradNorm, lr, tokens };
  } catch (cause) {
    if (!(cause instanceof BugFailure)) throw cause;
    const place = `${at.stage}, step ${step + 1}`;
    throw new BugFailure(`${place}: ${cause.message} Nothing of this step was saved.`, { cause });
  }
}

/** The training set of the stage in hand, read once. */
class DemonstrationSets {
  readonly #store: ObjectStore;
  #key = '';
  #loaded: readonly DemonstratedConversation[] = [];

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async load({ set }: TrainSupervisedInput): Promise<readonly DemonstratedConversation[]> {
    const key = set.parts.map((part) => part.sha256).join();
    if (key === this.#key) return this.#loaded;
    const parts = await Promise.all(set.parts.map((part) => this.#store.get(part)));
    this.#loaded = parts.flatMap((part) => parseLines<DemonstratedConversation>(part));
    this.#key = key;
    return this.#loaded;
  }
}
