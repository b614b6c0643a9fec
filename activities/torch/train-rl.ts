import type { RlStage } from '../../domain/curriculum.js';
import { BugFailure } from '../../domain/failures.js';
import { ratesAt } from '../../domain/schedules.js';
import { nameHash } from '../../domain/seeds.js';
import type { Trained, TrainRlInput } from '../contract.js';
import { parseJson } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import type { ScoredRecords } from '../score-groups.js';
import { stopwatch } from '../stopwatch.js';
import { ConversationBatch } from './conversations.js';
import type { GradientStats, RequestOptions, TokenModel } from './model.js';
import type { TokenModels } from './models.js';
import type { Openings } from './openings.js';
import { torchPolicy } from './policy.js';
import { readConversations, type LiveConversation } from './records.js';
import type { TokenStates } from './states.js';
import { toTrained } from './trajectories.js';

interface Deps {
  readonly store: ObjectStore;
  readonly openings: Openings;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/** A rollout that carries signal. */
interface Sample extends LiveConversation {
  readonly advantage: number;
}

/**
 * One GRPO step over all scored shards of a step: on-policy, one optimizer step, then one commit.
 *
 * Denominator of the loss: the tokens that the policy chose, over all rollouts that carry signal (token mean). Rollouts
 * stand in the order of shards, groups and samples, and micro-batches are cut in that order. A step without signal moves
 * nothing and is committed all the same.
 */
export function createTorchTrainRl(deps: Deps): (input: TrainRlInput) => Promise<Trained> {
  return async (input) => {
    const { at } = input;
    const version = { stage: at.stage, step: at.step + 1 };
    const done = await deps.states.committed(at.run, version);
    if (done) return done;
    const time = stopwatch();
    const policy = torchPolicy(input.policy);
    const samples: Sample[] = [];
    for (const ref of input.scored) samples.push(...(await readSamples(deps, input, ref)));
    const options = { signal: cancellationSignal(), onProgress: heartbeat };
    return deps.models.use(policy, input.compute, async (model) => {
      await deps.states.load(model, input.checkpoint, { ...options, moments: at.step > 0 });
      time.mark('loading');
      const metrics: Record<string, number> = { policyLoss: 0, kl: 0, clipped: 0, trained: samples.length };
      if (samples.length > 0) Object.assign(metrics, await step(deps, input, model, samples, options));
      time.mark('training');
      const extra = { version, metrics, timeMs: { ...time.marks } };
      const checkpoint = await deps.states.save(at.run, model, extra, options);
      await deps.states.drop(at.run, { stage: at.stage, step: at.step + 1 - policy.keepCheckpoints });
      time.mark('storing');
      return { checkpoint, metrics, timeMs: { ...time.marks } };
    });
  };
}

/** Moves the model's weights by the samples; says what the objective was made of. */
async function step(
  { store, states }: Deps,
  { at, seed, stage, policy, compute, reference }: TrainRlInput,
  model: TokenModel,
  samples: readonly Sample[],
  options: RequestOptions,
): Promise<Record<string, number>> {
  const batch = new ConversationBatch(torchPolicy(policy));
  const conversations = samples.map((sample) => toTrained(batch, sample));
  const blobs = await batch.blobs(store);
  const { clipLow, clipHigh, kl } = stage.objective;
  const asked = { conversations, rows: compute.microBatch };
  const weights = await states.file(reference.weights);
  const referred = kl > 0 ? await model.logProbs({ ...asked, weights }, { ...options, blobs }) : null;
  const rates = ratesAt(at.step, stage.steps, stage.optimizer);
  const { beta1, beta2, weightDecay, clipNorm } = stage.optimizer;
  try {
    const stats = await model.forwardBackward(
      {
        objective: { type: 'grpo', clipLow, clipHigh, kl },
        sequences: samples.map(({ advantage }, i) => ({
          conversation: conversations[i]!,
          advantage,
          ...(referred === null ? {} : { referenceLogProbs: referred[i]! }),
        })),
        microBatch: compute.microBatch,
        tokenCount: samples.reduce((sum, sample) => sum + chosen(sample), 0),
        seed: nameHash(seed, at.stage, at.step, 'dropout'),
      },
      { ...options, blobs },
    );
    const { lr } = rates;
    const taken = await model.optimStep({ lr, beta1, beta2, weightDecay, clipNorm, calls: 1 }, options);
    return { ...measured(stats), gradNorm: taken.gradNorm, lr };
  } catch (error) {
    throw atStep(error, stage, at.step);
  }
}

/**
 * Of the objective, and of the sampler's log-probabilities beside the trainer's: before its only optimizer step the
 * trainer has the weights that sampled, so `largestLogRatio`, `meanLogRatio` and `samplerKl` are what the two compute
 * differently.
 */
function measured(stats: GradientStats): Record<string, number> {
  return Object.fromEntries(NAMES.map((name) => [name, stats[name] ?? 0]));
}

const NAMES = ['policyLoss', 'kl', 'clipped', 'largestLogRatio', 'meanLogRatio', 'samplerKl'] as const;

/** Rollouts of a scored shard that carry signal, in their order. */
async function readSamples(
  { store, openings }: Deps,
  { data, policy, stage, at }: TrainRlInput,
  ref: TrainRlInput['scored'][number],
): Promise<readonly Sample[]> {
  const records = parseJson<ScoredRecords>(await store.get(ref));
  const rollouts = await readConversations(store, records, records, (question) =>
    openings.of(data, question, torchPolicy(policy).view, cancellationSignal()),
  );
  return rollouts.flatMap((rollout, row) => {
    const group = records.advantages[Math.floor(row / records.groupSize)];
    if (group == null) return [];
    const advantage: number | null = group[row % records.groupSize] ?? null;
    // JSON writes what is not finite as null. It must not come back as a harmless 0.
    if (advantage === null)
      throw atStep(new BugFailure('the advantage of a rollout is not finite.'), stage, at.step);
    return [{ ...rollout, advantage }];
  });
}

function chosen({ said }: LiveConversation): number {
  return said.reduce((sum, { mask }) => sum + mask.filter((on) => on === 1).length, 0);
}

/** Numbers that are not finite are refused by whoever meets them first; here they get their place. */
function atStep(error: unknown, { name }: RlStage, step: number): unknown {
  if (!(error instanceof BugFailure)) return error;
  return new BugFailure(`${name}, step ${step + 1}: ${error.message} Nothing of this step was saved.`, {
    cause: error,
  });
}
