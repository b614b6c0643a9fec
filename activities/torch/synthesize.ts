import path from 'node:path';
import type { Looked } from '../../domain/conversation/records.js';
import type { Scripted } from '../../domain/conversation/script.js';
import type { TorchPolicy } from '../../domain/curriculum.js';
import { BugFailure, DataFailure } from '../../domain/failures.js';
import { stream } from '../../domain/seeds.js';
import type { DataSet, SynthesizeInput, SynthesizedPart } from '../contract.js';
import type { Photographer } from '../conversation/pictures.js';
import { runLook } from '../conversation/run-look.js';
import { toLines, type DataSets } from '../datasets.js';
import { countOfPart } from '../draw-demonstrations.js';
import { breathe, cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import { Refusals } from '../refusals.js';
import { scriptsOf, type DemonstratedConversation } from './demonstrations.js';
import type { Openings } from './openings.js';
import { torchPolicy } from './policy.js';

interface Deps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly openings: Openings;
  readonly photographer: Photographer;
}

type Performed = DemonstratedConversation | { readonly reason: string };

/**
 * Makes one part of a stage's demonstrations as conversations (JSONL): from the world's truth, or from the data set's
 * curated trajectories. Each look is executed on the real video, so that what the model is shown is what it will get.
 */
export function createTorchSynthesize(deps: Deps): (input: SynthesizeInput) => Promise<SynthesizedPart> {
  return async (input) => {
    const { at, part, parts, stage } = input;
    if (stage.type !== 'sft') throw new BugFailure(`the torch engine has no stage of type ${stage.type}`);
    const policy = torchPolicy(input.policy);
    const key = `runs/${at.run}/${at.stage}/demonstrations/part-${part}-of-${parts}.jsonl`;
    const count = countOfPart(input);
    const done = await deps.store.head(key, 'trajectories');
    if (done) return { ref: done, count, rejected: {} };
    const data = await deps.dataSets.load(input.data);
    const random = stream(input.seed, at.stage, 'demonstrations', part);
    const scripts = scriptsOf(input, stage, data, random, policy.view.fps!);
    const performed = new Map<string, Performed>();
    const refusals = new Refusals(stage.name, scripts.patience);
    const made: DemonstratedConversation[] = [];
    while (made.length < count) {
      const { name, script } = scripts.next();
      const known = name === null ? undefined : performed.get(name);
      const one = known ?? (await perform(deps, input.data, policy, script));
      if (name !== null) performed.set(name, one);
      if ('reason' in one) refusals.refused(one.reason, known !== undefined);
      else {
        refusals.made();
        made.push(one);
      }
      heartbeat({ doing: 'demonstrations', done: made.length, total: count });
      await breathe();
    }
    const ref = await deps.store.put(key, toLines(made), 'trajectories');
    return { ref, count, rejected: refusals.counts };
  };
}

async function perform(
  { store, openings, photographer }: Deps,
  data: DataSet,
  { view, maxLooks }: TorchPolicy,
  script: Scripted,
): Promise<Performed> {
  if ('reason' in script) return script;
  const { video, question, options, answers, messages } = script;
  const looks = messages.length - 1;
  if (looks > maxLooks) return { reason: `it looks ${looks} times, and policy.maxLooks is ${maxLooks}` };
  const signal = cancellationSignal();
  try {
    const asked = { id: 'demonstration', video, question, ...(options ? { options } : {}), answers };
    const opening = await openings.about(data, asked, view, signal);
    const looked: Looked[] = [];
    for (const { action } of messages.slice(0, -1)) {
      const request = { video: opening.video, file: opening.question.video, view, action };
      const one = await runLook({ store, photographer }, request, signal);
      if (one.kind === 'refused') return { reason: one.reason };
      looked.push(one);
    }
    return { opening, said: messages.map((message) => ({ ...message, sampled: null })), looked };
  } catch (error) {
    // One bad video is no reason to stop: it is counted, by its name.
    if (error instanceof DataFailure) return { reason: `${path.basename(video)}: ${error.message}` };
    throw error;
  }
}
