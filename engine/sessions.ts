import * as ort from 'onnxruntime-node';
import { UserError } from '../domain/failures.js';
import { deviceOptions, requireDevice, type Device } from './devices.js';
import type { Feeds } from './feeds.js';
import type { Graph } from './graph/graph.js';
import { MAX_THREADS } from './graph/linear.js';
import { peakBytes } from './graph/peak.js';
import { explained, requireMemory, type GraphName } from './memory.js';

export interface SessionsOptions {
  /** Threads of one session, 1 to `MAX_THREADS`. */
  readonly threads: number;
  /** Default: cpu. */
  readonly device?: Device;
  /** Of the policy whose graphs these are, for messages. */
  readonly policy?: GraphName['policy'];
  /** Sessions kept open; default: 24. */
  readonly limit?: number;
}

/** How every graph is run, whatever the device. */
export function sessionOptions(threads: number): ort.InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Each session has threads of its own: left spinning after a run, they would take the cores from the next session's.
    extra: { session: { force_spinning_stop: '1' } },
    executionMode: 'sequential',
    // An arena a session would keep every session's peak for ever: 550 MB in place of 170 after one shape.
    enableCpuMemArena: false,
    // Without an arena, planning ahead takes one more block as large as the whole run: 640 MB in place of 470.
    enableMemPattern: false,
    graphOptimizationLevel: 'basic',
    // Warnings about initializers that its own constant folding left over say nothing to a person.
    logSeverityLevel: 3,
  };
}

/**
 * Sessions by key, built when first asked for. Beyond the limit the least recently used is given up: at once where
 * nobody uses it, else when its last run has ended. A session that could not be made is forgotten, so that the next
 * who asks tries again.
 */
export class Sessions {
  readonly #threads: number;
  readonly #device: Device;
  readonly #policy: GraphName['policy'] | undefined;
  readonly #limit: number;
  /** By key, least recently used first. */
  readonly #open = new Map<string, OpenSession>();
  /** Given up, but not yet released. */
  readonly #leaving = new Set<OpenSession>();
  #deviceWorks = false;
  #closed = false;

  constructor({ threads, device = 'cpu', policy, limit = 24 }: SessionsOptions) {
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS)
      throw new UserError(
        `expected 1 to ${MAX_THREADS} threads for a session, got ${threads}`,
        'set compute.threads: with more, the same numbers are not promised',
      );
    this.#threads = threads;
    this.#device = device;
    this.#policy = policy;
    this.#limit = limit;
  }

  /**
   * Runs the graph of that key; its feeds may hold more than it takes in. Throws a UserError where the graph cannot have
   * the device that it needs, a MemoryFailure where it cannot have the memory.
   *
   * @param into tensors that outputs of these names are written into (slab.ts); others get memory of their own
   */
  async run(
    key: string,
    build: () => Graph,
    feeds: Feeds,
    into: Feeds = {},
  ): Promise<ort.InferenceSession.OnnxValueMapType> {
    if (this.#closed) throw new Error(`${key}: the engine is closed`);
    const known = this.#open.get(key);
    const open = known ?? new OpenSession(() => this.#create(key, build));
    this.#open.delete(key);
    this.#open.set(key, open);
    open.enter();
    while (this.#open.size > this.#limit) this.#giveUp(this.#open.keys().next().value!);
    try {
      const session = await open.session;
      const fetches = session.outputNames.map((name) => [name, into[name] ?? null] as const);
      return await session.run(feeds, Object.fromEntries(fetches));
    } catch (error) {
      if (!(await open.works()) && this.#open.get(key) === open) this.#giveUp(key);
      throw explained({ key, policy: this.#policy }, error);
    } finally {
      open.leave();
    }
  }

  /** Waits for what is under way, then gives up every session. Nothing can be asked for afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const key of this.#open.keys()) this.#giveUp(key);
    await Promise.all([...this.#leaving].map((session) => session.released));
  }

  async #create(key: string, build: () => Graph): Promise<ort.InferenceSession> {
    if (!this.#deviceWorks) await requireDevice(this.#device);
    this.#deviceWorks = true;
    const graph = build();
    if (this.#device === 'cpu') requireMemory({ key, policy: this.#policy }, peakBytes(graph));
    return ort.InferenceSession.create(graph.toModel(), {
      ...deviceOptions(this.#device),
      ...sessionOptions(this.#threads),
    });
  }

  #giveUp(key: string): void {
    const session = this.#open.get(key);
    if (!session) return;
    this.#open.delete(key);
    this.#leaving.add(session);
    void session.giveUp().then(() => this.#leaving.delete(session));
  }
}

/** One session and who uses it: it is released when it was given up and the last user has left. */
class OpenSession {
  readonly session: Promise<ort.InferenceSession>;
  /** Settles when nothing native is left of it. */
  readonly released: Promise<void>;
  #users = 0;
  #givenUp = false;
  #release: () => void = () => undefined;

  constructor(create: () => Promise<ort.InferenceSession>) {
    this.session = create();
    this.released = new Promise<void>((resolve) => (this.#release = resolve)).then(async () => {
      if (await this.works()) await (await this.session).release();
    });
  }

  enter(): void {
    this.#users++;
  }

  leave(): void {
    this.#users--;
    if (this.#givenUp && this.#users === 0) this.#release();
  }

  giveUp(): Promise<void> {
    this.#givenUp = true;
    if (this.#users === 0) this.#release();
    return this.released;
  }

  /** Whether it could be made. */
  works(): Promise<boolean> {
    return this.session.then(
      () => true,
      () => false,
    );
  }
}
