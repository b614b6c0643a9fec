import {
  CancellationScope,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { CheckpointRef } from '../domain/refs.js';
import { detailsTable } from './details.js';
import { ATTRIBUTES, progressSignal, type StageStatus } from './messages.js';
import { cpu } from './proxies.js';
import { stageStatus, type StageInput, type StageState } from './stage-state.js';

/** Records that are committed together. */
const RECORDS_PER_COMMIT = 10;
/** How often a stage tells its curriculum how far it is. */
const REPORTS_PER_STAGE = 20;
/** The server suggests continue-as-new at this many events; steps are short enough to keep to it ourselves. */
const HISTORY_LIMIT = 4_096;

/** A stage under way: its input, its state, and what every step ends with. */
export class StageRun {
  readonly input: StageInput;
  readonly state: StageState;
  #how: StageStatus['state'] = 'running';
  #endedAtMs: number | null = null;

  constructor(input: StageInput, state: StageState) {
    this.input = input;
    this.state = state;
  }

  status(): StageStatus {
    return stageStatus(this.input.stage, this.state, this.#how, this.#endedAtMs ?? Date.now());
  }

  stepsBegin(): void {
    this.state.stepsStartedAtMs ??= Date.now();
    this.#show();
  }

  /** A step, or a stretch of steps, left its checkpoint. */
  async committed(
    step: number,
    checkpoint: CheckpointRef,
    metrics: Readonly<Record<string, number>>,
    timeMs: Readonly<Record<string, number>>,
  ): Promise<void> {
    const { state } = this;
    const { stage } = this.input;
    Object.assign(state, { step, checkpoint, metrics });
    state.records.push({ stage: stage.name, step, metrics, timeMs });
    this.#show();
    if (state.records.length >= RECORDS_PER_COMMIT || step === stage.steps) await this.commitRecords();
    if (step - state.toldStep >= stage.steps / REPORTS_PER_STAGE && step < stage.steps) await this.#tell();
  }

  /** True where the history is long and steps are left: the caller then continues as new with `state`. */
  get isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    const long = continueAsNewSuggested || historyLength >= (this.input.historyLimit ?? HISTORY_LIMIT);
    return long && this.state.step < this.input.stage.steps;
  }

  /** Says how the stage ended, in its own page and to its curriculum, even while it is being cancelled. */
  async end(how: 'paused' | 'completed' | 'failed' | 'cancelled'): Promise<void> {
    this.#how = how;
    this.#endedAtMs = Date.now();
    this.#show();
    upsertSearchAttributes([{ key: ATTRIBUTES.state, value: how }]);
    await CancellationScope.nonCancellable(() => this.#tell());
  }

  async commitRecords(): Promise<void> {
    const { records, series } = this.state;
    if (records.length === 0) return;
    const { run, stage } = this.input;
    const [first, last] = [records[0]!.step, records.at(-1)!.step];
    const ref = await cpu.commitSeries.executeWithOptions(
      { summary: `${stage.name} · metrics of steps ${first}–${last}` },
      [{ at: { run, stage: stage.name, step: last }, records }],
    );
    series.push(ref);
    this.state.records = [];
  }

  #show(): void {
    setCurrentDetails(detailsTable([this.status()]));
  }

  /** A curriculum that is gone must not stop its stage from saving what it has. */
  async #tell(): Promise<void> {
    const { stage } = this.input;
    const { step, metrics } = this.state;
    this.state.toldStep = step;
    upsertSearchAttributes([
      { key: ATTRIBUTES.step, value: step },
      ...(metrics['reward'] === undefined ? [] : [{ key: ATTRIBUTES.reward, value: metrics['reward'] }]),
      ...(metrics['accuracy'] === undefined
        ? []
        : [{ key: ATTRIBUTES.accuracy, value: metrics['accuracy'] }]),
    ]);
    const { parent } = workflowInfo();
    if (parent === undefined) return;
    try {
      await getExternalWorkflowHandle(parent.workflowId).signal(progressSignal, this.status());
    } catch (error) {
      log.warn(`${stage.name}: its curriculum could not be told of step ${step}`, { error });
    }
  }
}
