import { Checkpoints } from '../../../activities/checkpoints.js';
import type { Shard } from '../../../activities/contract.js';
import { DataSets, parseJson, parseLines } from '../../../activities/datasets.js';
import { Engines } from '../../../activities/engines.js';
import { createGradeShard } from '../../../activities/grade-shard.js';
import { createOpenData } from '../../../activities/open-data.js';
import { RolloutMemories } from '../../../activities/rollout-memories.js';
import type { ObjectStore, VideoReader } from '../../../activities/ports.js';
import { createRecordAsked } from '../../../activities/record-asked.js';
import { createRunTools } from '../../../activities/run-tools.js';
import { createSampleTurn } from '../../../activities/sample-turn.js';
import type { ConversationRecord } from '../../../domain/conversation/records.js';
import type { GradedRollout } from '../../../domain/graded.js';
import type { Ref } from '../../../domain/refs.js';
import { GREEDY } from '../../../domain/sampling.js';
import { DEFAULT_PICTURES } from '../../../domain/tools/pictures.js';
import type { Rollout } from '../../../domain/trajectory.js';
import { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import { freshOptimizer } from '../../../engine/policy/state.js';
import { VideoLookRenderer } from '../../../infra/report/look-renderer.js';
import { commitWithManifest, readManifest } from '../../../infra/store/manifest.js';
import type { PictureTools } from '../../../infra/tools/look.js';
import { VideoPhotographer } from '../../../infra/tools/shown.js';
import { MemoryStore } from '../../support/memory-store.js';
import type { TestPolicy } from './policies.js';

/** The activities of `ruminate ask`, all real, in the order of `workflows/ask.ts`, over a store in memory. */
export class Asker {
  readonly #store = new MemoryStore();
  readonly #engines = new Engines((spec, options) => new EmbeddedEngine(spec, options));
  readonly #tools: PictureTools;
  readonly #policy: TestPolicy;

  constructor(tools: PictureTools, policy: TestPolicy) {
    this.#tools = tools;
    this.#policy = policy;
  }

  async ask(video: string, question: string): Promise<Rollout> {
    const { input, dataSets } = await this.#rollOut(video, question);
    const graded = await createGradeShard({ store: this.#store, dataSets })(input);
    return parseLines<GradedRollout>(await this.#store.get(graded.ref))[0]!.rollout;
  }

  /** The same with its evidence, and where its pictures are. */
  async record(
    reader: VideoReader,
    video: string,
    question: string,
  ): Promise<{ readonly record: ConversationRecord; readonly store: ObjectStore }> {
    const { input, dataSets } = await this.#rollOut(video, question);
    const store = this.#store;
    const photographer = new VideoPhotographer(reader);
    const renderer = new VideoLookRenderer(reader, DEFAULT_PICTURES);
    const recordAsked = createRecordAsked({ store, dataSets, photographer, renderer });
    const ref = await recordAsked({ ...input, model: 'run/see' });
    return { record: parseJson<ConversationRecord>(await store.get(ref)), store };
  }

  async #rollOut(video: string, question: string) {
    const { spec, weights } = this.#policy;
    const store = this.#store;
    const dataSets = new DataSets(store);
    const checkpoints = new Checkpoints(store, {
      commit: (prefix, parts, extra) => commitWithManifest(store, prefix, parts, extra),
      read: (prefix) => readManifest(store, prefix),
    });
    const engines = this.#engines;
    const tools = this.#tools;
    const sampleTurn = createSampleTurn({
      store,
      dataSets,
      checkpoints,
      engines,
      memories: new RolloutMemories(),
    });
    const runTools = createRunTools({ store, tools, dataSets });
    const version = { stage: 'see', step: 0 };
    const state = { weights, optimizer: freshOptimizer(spec) };
    const checkpoint = await checkpoints.save('run', spec, state, { version, metrics: {}, timeMs: {} });
    const source = { type: 'question', video, question } as const;
    const data = await createOpenData({ store, tools })({ run: 'run', source });
    const shard: Shard = {
      at: { run: 'run', stage: `ask-${data.ref.sha256.slice(0, 16)}/see`, step: 0 },
      shard: 0,
      seed: 7,
      data,
      questions: [0],
      groupSize: 1,
      policy: { ...spec, engine: 'onnx', base: { type: 'fresh' }, grammar: spec.grammar === true },
      compute: { device: 'cpu', ranks: 1, threads: 1, microBatch: 16 },
      checkpoint,
      sampling: { ...GREEDY, maxLooks: spec.maxLooks },
    };
    const turns: Ref[] = [];
    const observations: Ref[] = [];
    for (let turn = 0; ; turn++) {
      const { ref, open } = await sampleTurn({ shard, turn, turns, observations });
      turns.push(ref);
      if (open === 0 || turn >= spec.maxLooks) break;
      observations.push((await runTools({ shard, turn, sampled: ref })).ref);
    }
    return { input: { shard, turns, observations }, dataSets };
  }

  close(): Promise<void> {
    return this.#engines.close();
  }
}
