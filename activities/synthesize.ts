import path from 'node:path';
import {
  demonstrate,
  demonstrateDirect,
  demonstrateReading,
  demonstrateSeeing,
  type BoxNoise,
  type Demonstration,
} from '../domain/demonstration.js';
import { decodeSlot, encodeAction, encodeQuestion } from '../domain/protocol/compact.js';
import { stream, type RandomStream } from '../domain/seeds.js';
import type { ToolCall } from '../domain/tools/contract.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { SynthesizedPart, SynthesizeInput } from './contract.js';
import type { DataSets, LoadedDataSet } from './datasets.js';
import { breathe, heartbeat } from './heartbeat.js';
import { demonstrationMask, packSequences, toLook, type Sequence, type SequenceLook } from './packs.js';
import type { LookTools, ObjectStore } from './ports.js';

export interface SynthesizeDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly dataSets: DataSets;
}

/** Share of demonstrated boxes that are moved, to be read from and not imitated. */
const MOVED_SHARE = 0.5;

/**
 * Makes one part of a stage's demonstrations: each is written from the evidence, then executed with the
 * real tools on the real video, so that what the policy is shown is what it will get.
 */
export function createSynthesize({
  store,
  tools,
  dataSets,
}: SynthesizeDeps): (input: SynthesizeInput) => Promise<SynthesizedPart> {
  return async (input) => {
    const { at, part, parts, stage } = input;
    const key = `runs/${at.run}/${at.stage}/demonstrations/part-${part}-of-${parts}.safetensors`;
    const done = await store.head(key, 'trajectories');
    const data = await dataSets.load(input.data);
    const random = stream(input.seed, at.stage, 'demonstrations', part);
    const total = stage.type === 'sft' ? stage.trajectories.count : stage.samples;
    const count = Math.floor(((part + 1) * total) / parts) - Math.floor((part * total) / parts);
    const rejected: Record<string, number> = {};
    if (done) return { ref: done, count, rejected };
    const draw = drawer(input, data, random);
    const sequences: Sequence[] = [];
    while (sequences.length < count) {
      const made = await execute(tools, data, draw());
      if ('reason' in made) rejected[made.reason] = (rejected[made.reason] ?? 0) + 1;
      else sequences.push(made);
      if (sequences.length % PROGRESS_EVERY === 0) {
        heartbeat({ doing: 'demonstrations', done: sequences.length, total: count });
        await breathe();
      }
    }
    const ref = await store.put(key, packSequences(sequences, input.policy.maxLooks), 'trajectories');
    return { ref, count, rejected };
  };
}

const PROGRESS_EVERY = 200;

/** Draws demonstrations of a stage in its proportions. */
function drawer(
  { stage, policy, part, parts }: SynthesizeInput,
  data: LoadedDataSet,
  random: RandomStream,
): () => Demonstration {
  // A part keeps to every parts-th video, so that few videos are decoded more than once.
  const own = <T extends { readonly video: string }>(records: readonly T[]): readonly T[] => {
    const mine = records.filter(({ video }) => data.videoIndex.get(video)! % parts === part);
    return mine.length > 0 ? mine : records;
  };
  const questions = own(data.questions);
  if (stage.type === 'pretrain') {
    const noise: BoxNoise = { random, size: PRETRAIN_NOISE, share: 1 };
    return () => {
      const question = random.pick(questions);
      const truth = data.truths[data.videoIndex.get(question.video)!]!;
      return demonstrateSeeing(truth, question, policy.maxLooks, random, noise);
    };
  }
  const { style, boxNoise, singleToolShare, readingShare } = stage.trajectories;
  const noise: BoxNoise = { random, size: boxNoise, share: MOVED_SHARE };
  const single = own(data.questions.filter(({ looks }) => looks !== 'several'));
  const several = own(data.questions.filter(({ looks }) => looks === 'several'));
  const truths = own(data.truths);
  return () => {
    if (style === 'direct') return demonstrateDirect(random.pick(questions));
    if (random.float() < readingShare) return demonstrateReading(random.pick(truths), random, noise);
    if (style === 'drp' || random.float() < singleToolShare) return demonstrate(random.pick(single), noise);
    return demonstrate(random.pick(several), noise);
  };
}

const PRETRAIN_NOISE = 0.35;
async function execute(
  tools: LookTools,
  data: LoadedDataSet,
  demonstration: Demonstration,
): Promise<Sequence | { readonly reason: string }> {
  const looks: SequenceLook[] = [];
  const actions: (readonly number[])[] = [];
  const masks: (readonly (0 | 1)[])[] = [];
  for (const { action, say, imitate } of demonstration.turns) {
    const tokens = encodeAction(say ?? action);
    actions.push(tokens);
    masks.push(demonstrationMask(tokens, imitate));
    if (action.tool === 'answer') continue;
    // The action as its tokens say it: edges on the grid of the codec, so that look and action agree.
    const { observation, pixels } = await tools.runCall(
      path.join(data.dir, demonstration.video),
      asSpoken(encodeAction(action)),
      DEFAULT_PICTURES,
    );
    if (observation.kind === 'refused') return { reason: observation.reason };
    looks.push(toLook(observation, pixels));
  }
  const { tokens: words } = encodeQuestion(demonstration.question);
  return {
    video: data.videoIndex.get(demonstration.video)!,
    words,
    actions,
    masks,
    looks,
    asked: demonstration.asked,
  };
}

function asSpoken(tokens: readonly number[]): ToolCall {
  const decoded = decodeSlot(tokens);
  if ('failure' in decoded || decoded.action.tool === 'answer')
    throw new Error(`a demonstrated look does not decode: ${tokens.join(' ')}`);
  return decoded.action;
}
