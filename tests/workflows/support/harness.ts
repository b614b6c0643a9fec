import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { TASK_QUEUES } from '../../../activities/contract.js';
import { parseCurriculum } from '../../../configs/load.js';
import type { Curriculum } from '../../../domain/curriculum.js';
import { bundleWorkflows } from '../../../infra/worker/workflow-bundle.js';
import { startServer } from './server.js';

export interface Harness {
  readonly client: Client;
  readonly bundle: string;
  readonly address: string;
  /** Workers of all four queues, with these activities, while `work` runs. */
  withWorkers<T>(activities: object, work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** A server and the bundled workflows. With no cached workflows, every task replays the whole history. */
export async function startHarness({ maxCachedWorkflows = 100 } = {}): Promise<Harness> {
  Runtime.install({ telemetryOptions: {}, logger: { ...silent } });
  const [server, bundle] = await Promise.all([startServer(), bundleWorkflows()]);
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  return {
    client: new Client({ connection }),
    bundle,
    address: server.address,
    async withWorkers(activities, work) {
      const workers = await Promise.all([
        Worker.create({
          connection: native,
          taskQueue: TASK_QUEUES.curriculum,
          workflowBundle: { code: bundle },
          maxCachedWorkflows,
        }),
        ...[TASK_QUEUES.cpu, TASK_QUEUES.rollout, TASK_QUEUES.train].map((taskQueue) =>
          Worker.create({ connection: native, taskQueue, activities }),
        ),
      ]);
      const running = workers.map((worker) => worker.run());
      try {
        return await work();
      } finally {
        for (const worker of workers) worker.shutdown();
        await Promise.all(running);
      }
    },
    async stop() {
      await native.close();
      await connection.close();
      await server.stop();
    },
  };
}

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Four stages and a baseline, as small as they come. */
export function fourStages(): Curriculum {
  return parse(
    `
  - { name: direct, type: sft, from: base, baseline: true, trajectories: { style: direct, count: 40 }, steps: 4, batchSize: 4, stepsPerCommit: 2 }
  ${TWO_STAGES}
  - { name: CRP-SFT, type: sft, trajectories: { style: crp, count: 40 }, steps: 2, batchSize: 4, stepsPerCommit: 2 }
  - { name: RL_c, type: rl, steps: 2, questionsPerStep: 4, groupSize: 2, groupsPerShard: 4, questions: [crop, clip, several] }
`,
    70,
  );
}

/** Demonstrations, then three steps of two shards. */
export function twoStages(): Curriculum {
  return parse(TWO_STAGES, 5);
}

/** One training activity and one step of one shard: short histories. */
export function shortStages(): Curriculum {
  return parse(
    `
  - { name: DRP-SFT, type: sft, from: base, trajectories: { style: drp, count: 40 }, steps: 2, batchSize: 4, stepsPerCommit: 2 }
  - { name: RL_d, type: rl, steps: 1, questionsPerStep: 2, groupSize: 2, groupsPerShard: 2 }`,
    2,
  );
}

const TWO_STAGES = `
  - { name: DRP-SFT, type: sft, from: base, trajectories: { style: drp, count: 40 }, steps: 5, batchSize: 4, stepsPerCommit: 2 }
  - { name: RL_d, type: rl, steps: 3, questionsPerStep: 8, groupSize: 2, groupsPerShard: 4 }`;

function parse(stages: string, questions: number): Curriculum {
  return parseCurriculum(
    `
name: small
seed: 7
policy: { base: { type: fresh }, maxLooks: 3 }
data: { world: { train: { videos: 10 }, test: { videos: 4 } } }
stages:${stages}
evaluation: { single: ${questions}, several: 0, shown: 1 }
`,
    'small.yaml',
  );
}
