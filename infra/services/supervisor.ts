import { SupervisedService, TIMING, type Timing } from './supervised.js';
import type { ServiceRecord, ServiceSpec } from './spec.js';

export interface SupervisorOptions {
  /** Root of the home: the children's working folder, and their mark. */
  readonly home: string;
  /** Brings a server into shape each time it starts to answer, before anything that waits for it starts. */
  readonly prepare?: (role: string) => Promise<void>;
  readonly onChange?: (records: readonly ServiceRecord[]) => void;
  readonly onEvent?: (line: string) => void;
  readonly timing?: Partial<Timing>;
}

/** Keeps a set of processes alive, each after those that it needs, and stops them in the opposite order. */
export class Supervisor {
  readonly #services: readonly SupervisedService[];
  readonly #options: SupervisorOptions;
  #stopped: Promise<void> | null = null;

  constructor(specs: readonly ServiceSpec[], options: SupervisorOptions) {
    this.#options = options;
    const timing = { ...TIMING, ...options.timing };
    this.#services = specs.map(
      (spec) =>
        new SupervisedService(
          spec,
          options.home,
          timing,
          () => options.prepare?.(spec.role) ?? Promise.resolve(),
          (event) => {
            this.#changed(event);
          },
        ),
    );
    for (const spec of specs) {
      const stranger = spec.after.find((role) => !specs.some((other) => other.role === role));
      if (stranger !== undefined)
        throw new Error(`${spec.role} waits for ${stranger}, which is not in the plan`);
    }
  }

  get records(): readonly ServiceRecord[] {
    return this.#services.map((service) => service.record);
  }

  start(): void {
    this.#startWhatCan();
  }

  /** Everything is gone when this resolves. A second call waits for the first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    const left = new Set(this.#services);
    while (left.size > 0) {
      const free = [...left].filter(
        (service) => ![...left].some((other) => other.spec.after.includes(service.spec.role)),
      );
      if (free.length === 0) throw new Error('services wait for each other in a circle');
      await Promise.all(free.map((service) => service.stop()));
      for (const service of free) left.delete(service);
    }
  }

  #startWhatCan(): void {
    if (this.#stopped !== null) return;
    const running = new Set(this.records.filter(({ state }) => state === 'running').map(({ role }) => role));
    for (const service of this.#services) {
      if (service.record.state !== 'waiting') continue;
      if (service.spec.after.every((role) => running.has(role))) service.start();
    }
  }

  #changed(event: string): void {
    this.#options.onEvent?.(event);
    this.#options.onChange?.(this.records);
    this.#startWhatCan();
  }
}
