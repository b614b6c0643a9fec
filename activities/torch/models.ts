import type { ModelDevice, ModelParts, TokenModel } from './model.js';

type ClosableModel = TokenModel & { close(): Promise<void> };

/** Makes a model; handed in by the worker. It starts nothing before it is first asked. */
export type ModelFactory = (parts: ModelParts, device: ModelDevice) => Promise<ClosableModel>;

/** Models that are held at once, at most, but for those in use: a GPU's memory is small, and loading onto a CPU is quick. */
const MOST: Readonly<Record<ModelDevice['device'], number>> = { cuda: 1, cpu: 3 };
/** One that had to be loaded beyond that may be asked again at once: a conversation has many messages. */
const LINGER_MS = 60_000;

interface Held {
  readonly model: Promise<ClosableModel>;
  readonly device: ModelDevice['device'];
  /** What it is, apart from the room that it takes. */
  readonly identity: string;
  users: number;
  /** Runs while it is idle. */
  lingering?: NodeJS.Timeout;
}

/**
 * Models by what they are made of. Those used last are held for whoever comes next. Of the others, those that nobody uses
 * are ended before another is loaded; one that was in use then, when it has been idle for a minute.
 */
export class TokenModels {
  readonly #create: ModelFactory;
  readonly #trains: boolean;
  readonly #lingerMs: number;
  /** Least recently used first. */
  readonly #held = new Map<string, Held>();
  readonly #ending = new Set<Promise<void>>();

  /** @param options.trains whether gradients are computed here; where they never are, models that differ only in how are one */
  constructor(create: ModelFactory, { trains = true, lingerMs = LINGER_MS } = {}) {
    this.#create = create;
    this.#trains = trains;
    this.#lingerMs = lingerMs;
  }

  /**
   * Lends a model for the time of `work`, in which it is not ended. Several may use it at once.
   * @param given.fresh the model as it is loaded, untrained: one at hand is given up
   */
  async use<T>(
    asked: ModelParts,
    device: ModelDevice,
    work: (model: TokenModel) => Promise<T>,
    { fresh = false } = {},
  ): Promise<T> {
    const parts = this.#trains ? asked : { ...asked, gradientCheckpointing: false };
    const key = keyOf(parts, device);
    if (fresh) this.#giveUp(key);
    const held = this.#held.get(key) ?? this.#make(key, parts, device);
    this.#held.delete(key);
    this.#held.set(key, held);
    clearTimeout(held.lingering);
    held.users++;
    try {
      // Memory first, of those that were ended for it.
      await Promise.all(this.#ending);
      return await work(await held.model);
    } finally {
      held.users--;
      if (this.#held.get(key) !== held) this.#endIfIdle(held);
      else if (held.users === 0)
        held.lingering = setTimeout(() => this.#endBeyond(key), this.#lingerMs).unref();
    }
  }

  /** Ends all of them, for good. */
  async close(): Promise<void> {
    for (const [key, held] of this.#held) {
      this.#held.delete(key);
      this.#end(held);
    }
    await Promise.all(this.#ending);
  }

  #make(key: string, parts: ModelParts, device: ModelDevice): Held {
    const identity = identityOf(parts, device);
    // The same with other settings of room: nobody comes back to the ones before.
    for (const [one, held] of this.#held) if (held.identity === identity) this.#giveUp(one);
    const held = { model: this.#create(parts, device), device: device.device, identity, users: 0 };
    held.model.catch(() => {
      if (this.#held.get(key) === held) this.#held.delete(key);
    });
    this.#held.set(key, held);
    for (const one of this.#held.keys()) if (one !== key) this.#endBeyond(one);
    return held;
  }

  /** One of more than may be held, where nobody uses it. */
  #endBeyond(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined || held.users > 0) return;
    const beside = [...this.#held.values()].filter(({ device }) => device === held.device);
    if (beside.length > MOST[held.device]) this.#giveUp(key);
  }

  /** Nobody gets this one any more; who uses it may go on. */
  #giveUp(key: string): void {
    const held = this.#held.get(key);
    this.#held.delete(key);
    if (held !== undefined) this.#endIfIdle(held);
  }

  #endIfIdle(held: Held): void {
    if (held.users === 0) this.#end(held);
  }

  #end({ model, lingering }: Held): void {
    clearTimeout(lingering);
    const ending = model
      .then((made) => made.close())
      .catch(() => undefined)
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function keyOf(parts: ModelParts, device: ModelDevice): string {
  const { gradientCheckpointing, contextTokens, sampler } = parts;
  return JSON.stringify([identityOf(parts, device), gradientCheckpointing, contextTokens, sampler]);
}

function identityOf(
  { model, adapter, dtype, sampler }: ModelParts,
  { device, threads, ranks = 1 }: ModelDevice,
): string {
  return JSON.stringify([model, adapter, dtype, sampler?.type, device, ranks, threads]);
}
