import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Stage } from '../domain/curriculum.js';
import type { CheckpointRef, Ref } from '../domain/refs.js';
import type { Room } from '../domain/memory-room.js';

/** What `ruminate status RUN --json` shows of a run. Stable for scripts: fields may be added, never renamed. */
export interface RunStatus {
  readonly run: string;
  readonly curriculum: string;
  readonly state: RunState;
  /** Why it waits for a person (then also what to do) or has failed. */
  readonly reason: string | null;
  /** What it does now, in words. */
  readonly activity: string;
  readonly stages: readonly StageStatus[];
  /** Versions of what shapes the run's bytes; null until they are recorded. */
  readonly madeBy: Readonly<Record<string, string>> | null;
  /** The settings in force of those that may change on the way, and where they did: `DRP-SFT, after step 20: compute.microBatch: 4 → 1`. */
  readonly room: Room;
  readonly roomChanges: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

/** `paused`: memory ran out, and the run waits for room. `needs-attention`: other versions than it was made with. */
export type RunState = 'running' | 'paused' | 'needs-attention' | 'completed' | 'failed' | 'cancelled';

export interface StageStatus {
  readonly stage: string;
  readonly type: Stage['type'];
  readonly baseline: boolean;
  readonly state: 'waiting' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
  /** Optimizer steps done, of how many. */
  readonly step: number;
  readonly steps: number;
  /** The last one committed: the file of the weights and its SHA-256, and its manifest. */
  readonly checkpoint: CheckpointStatus | null;
  /** Of the last step: loss, or reward, accuracy and more. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Estimated from the steps done so far; null where nothing is known. */
  readonly secondsLeft: number | null;
}

/** `uri` and `sha256` are those of the weights file. */
export interface CheckpointStatus extends CheckpointRef {
  readonly uri: string;
  readonly sha256: string;
}

/** What the curriculum's client may ask, and tell. */
export const statusQuery = defineQuery<RunStatus>('status');
/** The same of one stage, asked of the stage's own workflow: fresher than what its curriculum knows. */
export const stageStatusQuery = defineQuery<StageStatus>('stageStatus');
/** A stage tells its curriculum how far it is: some twenty times, so that histories stay small. */
export const progressSignal = defineSignal<[StageStatus]>('progress');
/** A person's word to go on although the versions of what shapes the bytes have changed. */
export const acceptChangesSignal = defineSignal('acceptChanges');
/** A person's word that a paused run may try again, with these settings from now on. Answered once it goes on. */
export const resumeUpdate = defineUpdate<void, [Resume]>('resume');

export interface Resume {
  readonly room: Room;
  /** The curriculum's file that says them, and the command that takes the run up again: for its memo. */
  readonly file: string;
  readonly again: string;
}

/** What runs can be filtered by in the Temporal UI; registered when the services start. */
export const ATTRIBUTES = {
  curriculum: defineSearchAttributeKey('RuminateCurriculum', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('RuminateStage', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('RuminateState', SearchAttributeType.KEYWORD),
  step: defineSearchAttributeKey('RuminateStep', SearchAttributeType.INT),
  reward: defineSearchAttributeKey('RuminateReward', SearchAttributeType.DOUBLE),
  accuracy: defineSearchAttributeKey('RuminateAccuracy', SearchAttributeType.DOUBLE),
};

/** Ids of a run's workflows: what is found by name in the UI and queried by the client. */
export const stageWorkflowId = (run: string, stage: string): string => `${run}/${stage}`;
export const evaluationWorkflowId = (run: string, stage: string): string => `${run}/evaluation/${stage}`;

/** A run of questions to a served model has ids of its own. */
export const answersWorkflowId = (run: string): string => `${ANSWERS}${run}`;
export const answersRunOf = (workflowId: string): string => workflowId.slice(ANSWERS.length);
const ANSWERS = 'answers/';

export interface AnsweredQuestion {
  /** The graded rollout (JSONL of one line), with every look. */
  readonly graded: Ref;
  readonly looks: number;
  /** The same as a `ConversationRecord`, its pictures in the store; null where nobody asked for it. */
  readonly record: Ref | null;
}
