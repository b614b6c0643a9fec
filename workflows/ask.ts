import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { ReportRow } from '../activities/contract.js';
import type { ComputeConfig, PolicyConfig } from '../domain/curriculum.js';
import type { CheckpointRef } from '../domain/refs.js';
import { GREEDY } from '../domain/sampling.js';
import { evaluate } from './evaluate.js';
import type { AnsweredQuestion } from './messages.js';
import { cpu } from './proxies.js';
import { rollOut } from './rollout.js';

/** A trained policy, as the curriculum that made it describes it. */
export interface TrainedPolicy {
  readonly run: string;
  readonly stage: string;
  readonly seed: number;
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  readonly checkpoint: CheckpointRef;
}

/** Lets a policy look at a person's video and answer one question. */
export async function ask(input: {
  readonly of: TrainedPolicy;
  readonly video: string;
  readonly question: string;
  /** Whether to keep the pictures that a page of the answer needs. */
  readonly evidence?: boolean;
}): Promise<AnsweredQuestion> {
  const { run, stage, ...policy } = input.of;
  const model = `${run}/${stage}`;
  const source = { type: 'question', video: input.video, question: input.question } as const;
  const data = await cpu.openData.executeWithOptions({ summary: input.video }, [{ run, source }]);
  const shard = {
    ...policy,
    at: { run, stage: `ask-${data.ref.sha256.slice(0, 16)}/${stage}`, step: policy.checkpoint.version.step },
    shard: 0,
    data,
    questions: [0],
    groupSize: 1,
    sampling: { ...GREEDY, maxLooks: policy.policy.maxLooks },
  };
  const { turns, observations } = await rollOut(shard, input.question);
  const graded = await cpu.gradeShard({ shard, turns, observations });
  const record =
    input.evidence === true ? await cpu.recordAsked({ shard, turns, observations, model }) : null;
  return { graded: graded.ref, looks: observations.length, record };
}

/** Asks a policy every question of a world folder. */
export async function evaluateFolder(input: {
  readonly of: TrainedPolicy;
  readonly dir: string;
}): Promise<ReportRow> {
  const { run, stage, ...policy } = input.of;
  const data = await cpu.openData.executeWithOptions({ summary: input.dir }, [
    { run, source: { type: 'folder', dir: input.dir } },
  ]);
  // A child, because a large folder may need to continue as new.
  const { graded } = await executeChild(evaluate, {
    workflowId: `${workflowInfo().workflowId}/questions`,
    staticSummary: `${stage} on ${input.dir}`,
    args: [
      {
        ...policy,
        run,
        policyOf: stage,
        at: {
          run,
          stage: `given-${data.ref.sha256.slice(0, 16)}/${stage}`,
          step: policy.checkpoint.version.step,
        },
        data,
        questions: Array.from({ length: data.questions }, (_, i) => i),
      },
    ],
  });
  return cpu.summarize({ run, stage, graded });
}
