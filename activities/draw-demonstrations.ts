import {
  demonstrate,
  demonstrateDirect,
  demonstrateReading,
  demonstrateSeeing,
  type BoxNoise,
  type Demonstration,
} from '../domain/demonstration.js';
import type { RandomStream } from '../domain/seeds.js';
import type { SynthesizeInput } from './contract.js';
import type { LoadedDataSet } from './datasets.js';

/** Share of demonstrated boxes that are moved, to be read from and not imitated. */
const MOVED_SHARE = 0.5;
const PRETRAIN_NOISE = 0.35;

/** How many demonstrations of a stage a part makes: all parts together make what the stage asks for. */
export function countOfPart({ stage, part, parts }: SynthesizeInput): number {
  const total = stage.type === 'sft' ? stage.trajectories.count : stage.samples;
  return Math.floor(((part + 1) * total) / parts) - Math.floor((part * total) / parts);
}

/** Records that a part draws from: of every parts-th video, so that few videos are decoded more than once. */
export function ownRecords<T extends { readonly video: string }>(
  { part, parts }: Pick<SynthesizeInput, 'part' | 'parts'>,
  { videoIndex }: LoadedDataSet,
  records: readonly T[],
): readonly T[] {
  // One about a video that the data set does not have is somebody's too: it is refused by its name.
  const mine = records.filter(({ video }) => (videoIndex.get(video) ?? 0) % parts === part);
  return mine.length > 0 ? mine : records;
}

/** Draws demonstrations of a stage from a world's truth, in the stage's proportions. */
export function demonstrationsOf(
  input: SynthesizeInput,
  data: LoadedDataSet,
  random: RandomStream,
): () => Demonstration {
  const { stage, policy } = input;
  const own = <T extends { readonly video: string }>(records: readonly T[]): readonly T[] =>
    ownRecords(input, data, records);
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
