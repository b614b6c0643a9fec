import path from 'node:path';
import type { Demonstration } from '../domain/demonstration.js';
import { decodeSlot, encodeAction, encodeQuestion } from '../domain/protocol/compact.js';
import { stream } from '../domain/seeds.js';
import type { ToolCall } from '../domain/tools/contract.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { SynthesizedPart, SynthesizeInput } from './contract.js';
import type { DataSets, LoadedDataSet } from './datasets.js';
import { countOfPart, demonstrationsOf } from './draw-demonstrations.js';
import { breathe, heartbeat } from './heartbeat.js';
import { demonstrationMask, packSequences, toLook, type Sequence, type SequenceLook } from './packs.js';
import type { LookTools, ObjectStore } from './ports.js';
import { Refusals, WORLD_PATIENCE } from './refusals.js';

export interface SynthesizeDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly dataSets: DataSets;
}

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
    const { at, part, parts } = input;
    const key = `runs/${at.run}/${at.stage}/demonstrations/part-${part}-of-${parts}.safetensors`;
    const done = await store.head(key, 'trajectories');
    const data = await dataSets.load(input.data);
    const random = stream(input.seed, at.stage, 'demonstrations', part);
    const count = countOfPart(input);
    if (done) return { ref: done, count, rejected: {} };
    const refusals = new Refusals(input.stage.name, WORLD_PATIENCE);
    const draw = demonstrationsOf(input, data, random);
    const sequences: Sequence[] = [];
    while (sequences.length < count) {
      const made = await execute(tools, data, draw());
      if ('reason' in made) {
        refusals.refused(made.reason);
        continue;
      }
      refusals.made();
      sequences.push(made);
      if (sequences.length % PROGRESS_EVERY === 0) {
        heartbeat({ doing: 'demonstrations', done: sequences.length, total: count });
        await breathe();
      }
    }
    const ref = await store.put(key, packSequences(sequences, input.policy.maxLooks), 'trajectories');
    return { ref, count, rejected: refusals.counts };
  };
}

const PROGRESS_EVERY = 200;

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
