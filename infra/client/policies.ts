import { randomUUID } from 'node:crypto';
import { TASK_QUEUES } from '../../activities/contract.js';
import type { ReportRow } from '../../activities/contract.js';
import type { ConversationRecord } from '../../domain/conversation/records.js';
import { UserError } from '../../domain/failures.js';
import type { GradedRollout } from '../../domain/graded.js';
import type { ask, evaluateFolder, TrainedPolicy } from '../../workflows/ask.js';
import { committed } from './answers.js';
import type { PolicyOrigin } from './policy-card.js';
import { describeRun, memoOf, noSuchRun } from './runs.js';
import type { Session } from './session.js';
import { listRuns, runStatus } from './status.js';

export type { TrainedPolicy } from '../../workflows/ask.js';

/** Which policy: of a run (default: the latest that has one), after a stage (default: the last that is no baseline). */
export interface PolicyChoice {
  readonly run: string | null;
  readonly stage: string | null;
}

/** @param usable which policies the caller can use: where no run is named, those of other runs are passed over */
export async function findPolicy(
  session: Session,
  choice: PolicyChoice,
  usable: (policy: TrainedPolicy['policy']) => boolean = () => true,
): Promise<TrainedPolicy> {
  const names = choice.run === null ? (await listRuns(session)).map(({ run }) => run) : [choice.run];
  for (const run of names) {
    const found = await policyOf(session, run, choice.stage);
    if (found !== null && (choice.run !== null || usable(found.policy))) return found;
  }
  const wanted = choice.stage === null ? 'a trained policy' : `a policy of stage "${choice.stage}"`;
  throw new UserError(
    choice.run === null ? `no run has ${wanted} yet` : `the run "${choice.run}" has not got ${wanted}`,
    'Type: ruminate list, or ruminate status RUN, to see what there is',
  );
}

/** Lets the policy look at a video: every look it took, and its answer; with `evidence` also as a conversation with its pictures. */
export async function askPolicy(
  session: Session,
  of: TrainedPolicy,
  video: string,
  question: string,
  evidence: boolean,
): Promise<{ readonly graded: GradedRollout; readonly record: ConversationRecord | null }> {
  const { graded, record } = await session.temporal.workflow.execute<typeof ask>('ask', {
    taskQueue: TASK_QUEUES.curriculum,
    workflowId: `${of.run}/ask/${randomUUID().slice(0, 8)}`,
    staticSummary: question,
    args: [{ of, video, question, evidence }],
  });
  // Workers that were started before this version know nothing of records.
  if (evidence && record == null)
    throw new UserError(
      'the services that are running are older than this command, and kept no evidence',
      'Type: ruminate down, then ruminate up, and ask again',
    );
  return {
    graded: await committed<GradedRollout>(session, graded),
    record: record == null ? null : await committed<ConversationRecord>(session, record),
  };
}

/** Asks the policy every question of a world folder. */
export function evaluatePolicy(session: Session, of: TrainedPolicy, dir: string): Promise<ReportRow> {
  return session.temporal.workflow.execute<typeof evaluateFolder>('evaluateFolder', {
    taskQueue: TASK_QUEUES.curriculum,
    workflowId: `${of.run}/eval/${randomUUID().slice(0, 8)}`,
    staticSummary: `${of.stage} on ${dir}`,
    args: [{ of, dir }],
  });
}

/** Where a policy comes from, by its run's own record. */
export async function policyOrigin(
  session: Session,
  { run, stage, checkpoint }: TrainedPolicy,
): Promise<PolicyOrigin> {
  const described = await describeRun(session, run);
  if (described === null) throw await noSuchRun(session, run);
  const { curriculum, baseSha256, madeBy = {} } = memoOf(described);
  return { run, stage, version: checkpoint.version, curriculum, baseSha256, madeBy };
}

/** The bytes of a policy's weights: a safetensors file. */
export function policyWeights({ store }: Session, { checkpoint }: TrainedPolicy): Promise<Uint8Array> {
  return store.get(checkpoint.weights);
}

async function policyOf(session: Session, run: string, stage: string | null): Promise<TrainedPolicy | null> {
  const described = await describeRun(session, run);
  if (described === null) throw await noSuchRun(session, run);
  const { seed, policy, compute } = memoOf(described).curriculum;
  const { stages } = await runStatus(session, run);
  const trained = stages.filter(({ checkpoint }) => checkpoint !== null);
  const found = trained.findLast((one) => (stage === null ? !one.baseline : one.stage === stage));
  if (found?.checkpoint == null) return null;
  const { manifest, weights, version } = found.checkpoint;
  return { run, stage: found.stage, seed, policy, compute, checkpoint: { manifest, weights, version } };
}
