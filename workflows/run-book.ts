import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Curriculum, Stage } from '../domain/curriculum.js';
import { changedRoom, inRoom, makeRoom, roomOf, type Room } from '../domain/memory-room.js';
import type { CurriculumInput } from './curriculum.js';
import { detailsTable } from './details.js';
import { ATTRIBUTES, type Resume, type RunState, type RunStatus, type StageStatus } from './messages.js';
import { waitingStatus } from './stage-state.js';

/** What a curriculum knows of itself: kept for its query, its page in the UI and its search attributes. */
export class RunBook {
  readonly #input: CurriculumInput;
  readonly #startedAtMs: number;
  readonly #stages: Map<string, StageStatus>;
  readonly #accuracies = new Map<string, number>();
  #state: RunState = 'running';
  #reason: string | null = null;
  #activity = 'starting';
  #parts: Readonly<Record<string, string>> | null = null;
  #accepted = false;
  #room: Room;
  readonly #roomChanges: string[];
  #endedAtMs: number | null = null;

  constructor(input: CurriculumInput, nowMs: number) {
    this.#input = input;
    this.#startedAtMs = nowMs;
    this.#room = roomOf(input.curriculum);
    this.#roomChanges = [...(input.roomChanges ?? [])];
    this.#stages = new Map(input.curriculum.stages.map((stage) => [stage.name, waitingStatus(stage)]));
    upsertSearchAttributes([
      { key: ATTRIBUTES.curriculum, value: input.curriculum.name },
      { key: ATTRIBUTES.state, value: 'running' },
    ]);
  }

  status(): RunStatus {
    return {
      run: this.#input.run,
      curriculum: this.#input.curriculum.name,
      state: this.#state,
      reason: this.#reason,
      activity: this.#activity,
      stages: [...this.#stages.values()],
      madeBy: this.#parts,
      room: this.#room,
      roomChanges: this.#roomChanges,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#endedAtMs,
    };
  }

  /** The run's, with the settings in force. */
  get curriculum(): Curriculum {
    return inRoom(this.#input.curriculum, this.#room);
  }

  get roomChanges(): readonly string[] {
    return this.#roomChanges;
  }

  now(activity: string): void {
    this.#activity = activity;
    this.#show();
  }

  /** A stage's workflow is about to start. */
  begin(stage: Stage): void {
    this.#stages.set(stage.name, { ...waitingStatus(stage), state: 'running', startedAtMs: Date.now() });
    upsertSearchAttributes([
      { key: ATTRIBUTES.stage, value: stage.name },
      { key: ATTRIBUTES.step, value: 0 },
    ]);
    this.now(`stage ${stage.name}`);
  }

  progress(status: StageStatus): void {
    this.#stages.set(status.stage, status);
    const { reward, accuracy } = status.metrics;
    upsertSearchAttributes([
      { key: ATTRIBUTES.stage, value: status.stage },
      { key: ATTRIBUTES.step, value: status.step },
      ...(reward === undefined ? [] : [{ key: ATTRIBUTES.reward, value: reward }]),
      ...(accuracy === undefined ? [] : [{ key: ATTRIBUTES.accuracy, value: accuracy }]),
    ]);
    this.#show();
  }

  evaluated(stage: string, accuracy: number): void {
    this.#accuracies.set(stage, accuracy);
    upsertSearchAttributes([{ key: ATTRIBUTES.accuracy, value: accuracy }]);
    this.#show();
  }

  /** Records the versions of what shapes the bytes. True where they changed and nobody has accepted that. */
  recordParts(parts: Readonly<Record<string, string>>): boolean {
    const changes = this.#parts === null ? [] : changedParts(this.#parts, parts);
    if (changes.length === 0 || this.#accepted) {
      this.settleParts(parts);
      return false;
    }
    const hint = `to go on: ruminate run … --name ${this.#input.run} --accept-changes`;
    this.#turn('needs-attention', `what shapes the bytes has changed: ${changes.join('; ')} (${hint})`);
    return true;
  }

  get mayGoOn(): boolean {
    return this.#accepted;
  }

  /** Holds for the next change alone. */
  acceptChanges(): void {
    this.#accepted = true;
  }

  settleParts(parts: Readonly<Record<string, string>>): void {
    const changed = this.#parts === null || changedParts(this.#parts, parts).length > 0;
    if (changed) {
      upsertMemo({ madeBy: parts });
      if (this.#parts !== null) this.#accepted = false;
    }
    this.#parts = parts;
    if (this.#state === 'needs-attention') this.#turn('running', null);
  }

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  /** Memory ran out: the run waits for a person's word. What runs are listed with says why. */
  pause(what: string): void {
    const reason = `${what}\n${sentence(makeRoom(this.#room))}; then: ${this.#again()} --accept-changes`;
    this.#stagesFrom('running', 'paused');
    this.#turn('paused', reason);
    upsertMemo({ paused: reason });
  }

  /** That word. The settings hold from here on; where it did not wait any more, from the next stage or evaluation on. */
  resume({ room, file, again }: Resume): void {
    const changes = changedRoom(this.#room, room);
    this.#room = room;
    if (changes.length > 0) this.#roomChanges.push(`${this.#place()}: ${changes.join(', ')}`);
    upsertMemo({ curriculum: this.curriculum, file, again, paused: null, roomChanges: this.#roomChanges });
    if (!this.isPaused) return;
    this.#stagesFrom('paused', 'running');
    this.#turn('running', null);
  }

  end(state: 'completed' | 'failed' | 'cancelled', reason: string | null): void {
    this.#endedAtMs = Date.now();
    if (this.isPaused && state !== 'completed') this.#stagesFrom('paused', state);
    this.#activity = state === 'completed' ? 'the report is written' : `stopped while ${this.#activity}`;
    this.#turn(state, reason);
  }

  /** Stages in one state take on another. */
  #stagesFrom(before: StageStatus['state'], state: StageStatus['state']): void {
    for (const [name, stage] of this.#stages)
      if (stage.state === before) this.#stages.set(name, { ...stage, state, secondsLeft: null });
  }

  /** How far the run is: `DRP-SFT, after step 20`; outside of stages, what it does. */
  #place(): string {
    const stage = [...this.#stages.values()].find((one) => one.state === 'running' || one.state === 'paused');
    return stage === undefined ? this.#activity : `${stage.stage}, after step ${stage.step}`;
  }

  #again(): string {
    const { again } = (workflowInfo().memo ?? {}) as { readonly again?: string };
    return again ?? `ruminate run … --name ${this.#input.run}`;
  }

  #turn(state: RunState, reason: string | null): void {
    this.#state = state;
    this.#reason = reason;
    upsertSearchAttributes([{ key: ATTRIBUTES.state, value: state }]);
    this.#show();
  }

  #show(): void {
    const evaluated = [...this.#accuracies].map(
      ([stage, accuracy]) => `- ${stage}: ${(100 * accuracy).toFixed(1)} % of the held-out questions`,
    );
    const lines = [
      `**${this.#state}** · ${this.#activity}`,
      ...(this.#reason === null ? [] : [this.#reason]),
      detailsTable([...this.#stages.values()]),
      ...(evaluated.length === 0 ? [] : [evaluated.join('\n')]),
    ];
    setCurrentDetails(lines.join('\n\n'));
  }
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `ffmpeg: 8.1.1 → 5.1.9`, for each part that differs. */
export function changedParts(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? 'none'} → ${after[name] ?? 'none'}`);
}
