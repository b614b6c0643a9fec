import type { DataSet, PromptLedger, StepRecord } from '../activities/contract.js';
import type { ComputeConfig, PolicyConfig, Stage } from '../domain/curriculum.js';
import { EMPTY_LEDGER } from '../domain/ledger.js';
import type { CheckpointRef, Ref } from '../domain/refs.js';
import type { CheckpointStatus, StageStatus } from './messages.js';

export interface StageInput<S extends Stage = Stage> {
  readonly run: string;
  readonly seed: number;
  readonly stage: S;
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  readonly train: DataSet;
  /** The policy that the stage starts from; an RL stage also measures its KL from it and sees with its eyes. */
  readonly start: CheckpointRef;
  /** Events after which the stage continues as new, beside what the server suggests. */
  readonly historyLimit?: number;
  /** Where an earlier execution of this workflow has left off. */
  readonly state?: StageState;
}

/** All that a stage carries through continue-as-new: plain JSON, small. */
export interface StageState {
  readonly startedAtMs: number;
  /** When the first step of the stage began; synthesis is over then. */
  stepsStartedAtMs: number | null;
  step: number;
  checkpoint: CheckpointRef;
  /** Demonstrations, part by part; empty for RL. */
  parts: readonly Ref[];
  demonstrations: number;
  ledger: PromptLedger;
  /** Committed records of steps, and those not yet committed. */
  series: Ref[];
  records: StepRecord[];
  metrics: Readonly<Record<string, number>>;
  /** The step at which the curriculum was told last. */
  toldStep: number;
}

export interface StageResult {
  readonly checkpoint: CheckpointRef;
  readonly series: readonly Ref[];
  readonly ledger: PromptLedger;
  readonly status: StageStatus;
}

export function initialState(input: StageInput, nowMs: number): StageState {
  return {
    startedAtMs: nowMs,
    stepsStartedAtMs: null,
    step: 0,
    checkpoint: input.start,
    parts: [],
    demonstrations: 0,
    ledger: EMPTY_LEDGER,
    series: [],
    records: [],
    metrics: {},
    toldStep: 0,
  };
}

/** The state that a stage goes on from after a wait, which is not to be taken for slow steps. */
export function afterWait(state: StageState, waitedMs: number): StageState {
  const begun = state.stepsStartedAtMs;
  return { ...state, stepsStartedAtMs: begun === null ? null : begun + waitedMs };
}

export function stageStatus(
  stage: Stage,
  state: StageState,
  how: StageStatus['state'],
  nowMs: number,
): StageStatus {
  const running = how === 'running';
  const begun = state.stepsStartedAtMs;
  const left = stage.steps - state.step;
  return {
    stage: stage.name,
    type: stage.type,
    baseline: stage.baseline,
    state: how,
    step: state.step,
    steps: stage.steps,
    checkpoint: state.step === 0 ? null : checkpointStatus(state.checkpoint),
    metrics: state.metrics,
    startedAtMs: state.startedAtMs,
    endedAtMs: running ? null : nowMs,
    secondsLeft:
      running && begun !== null && state.step > 0 ? ((nowMs - begun) / state.step / 1000) * left : null,
  };
}

/** A stage that has not begun. */
export function waitingStatus(stage: Stage): StageStatus {
  return {
    stage: stage.name,
    type: stage.type,
    baseline: stage.baseline,
    state: 'waiting',
    step: 0,
    steps: stage.steps,
    checkpoint: null,
    metrics: {},
    startedAtMs: null,
    endedAtMs: null,
    secondsLeft: null,
  };
}

export function checkpointStatus(checkpoint: CheckpointRef): CheckpointStatus {
  return { uri: checkpoint.weights.uri, sha256: checkpoint.weights.sha256, ...checkpoint };
}
