import { setTimeout } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { withSession } from '../../infra/client/session.js';
import type { Home } from '../../infra/home/home.js';
import { status } from '../../infra/services/status.js';
import { eventually } from './processes.js';

const BACK_WITHIN_MS = 60_000;

/** What ends processes of a home by SIGKILL, and sees that others take their places. */
export class Killing {
  readonly #home: Home;
  readonly #patienceMs: number;

  /** @param patienceMs how long a worker may take to come to work */
  constructor(home: Home, patienceMs: number) {
    this.#home = home;
    this.#patienceMs = patienceMs;
  }

  /**
   * Kills a worker of a role in the middle of an activity of these workflows, and sees that another takes its place. It
   * is stopped before one looks what it is at, so that the activity cannot end between the look and the kill.
   */
  async atWork(role: string, workflows: readonly string[], isOver: () => boolean): Promise<void> {
    const before = await this.pidOf(role);
    await this.#whileAtWork(role, workflows, isOver, before, () => before);
    await eventually(
      `another ${role} takes its place`,
      async () => (await this.#livingPid(role, before)) !== null,
      BACK_WITHIN_MS,
    );
  }

  /** Kills the process that computes for a worker of a role, in the middle of an activity; the worker stays. */
  async childAtWork(
    role: string,
    workflows: readonly string[],
    isOver: () => boolean,
    childOf: (worker: number) => number | null,
  ): Promise<void> {
    const worker = await this.pidOf(role);
    await this.#whileAtWork(role, workflows, isOver, worker, () => childOf(worker));
  }

  /** Kills a service, and sees that it runs again. */
  async service(role: string): Promise<void> {
    const before = await this.pidOf(role);
    process.kill(before, 'SIGKILL');
    await eventually(
      `${role} runs again`,
      async () => {
        const service = (await status(this.#home)).services.find((one) => one.role === role);
        return service?.state === 'running' && service.pid !== before;
      },
      BACK_WITHIN_MS,
    );
  }

  async pidOf(role: string): Promise<number> {
    const pid = await this.#livingPid(role, 0);
    if (pid === null) throw new Error(`${role} does not run`);
    return pid;
  }

  async #whileAtWork(
    role: string,
    workflows: readonly string[],
    isOver: () => boolean,
    worker: number,
    victim: () => number | null,
  ): Promise<void> {
    await withSession(this.#home, async ({ temporal }) => {
      const isAtWork = async (): Promise<boolean> => {
        const pending = await Promise.all(workflows.map((id) => pendingActivities(temporal, id)));
        return pending
          .flat()
          .some(({ lastWorkerIdentity }) => lastWorkerIdentity?.startsWith(`${role} ${worker}@`));
      };
      await eventually(
        `${role} is killed at work`,
        async () => {
          if (isOver()) throw new Error(`the run ended before ${role} could be killed`);
          if (!(await isAtWork())) return false;
          process.kill(worker, 'SIGSTOP');
          // Time for what it had sent before to arrive.
          await setTimeout(100);
          const doomed = (await isAtWork()) ? victim() : null;
          if (doomed !== null) process.kill(doomed, 'SIGKILL');
          if (doomed !== worker) process.kill(worker, 'SIGCONT');
          return doomed !== null;
        },
        this.#patienceMs,
      );
    });
  }

  /** The pid of a role's process, once it is another than `before`. */
  async #livingPid(role: string, before: number): Promise<number | null> {
    const { services } = await status(this.#home);
    const pid = services.find((service) => service.role === role)?.pid ?? null;
    return pid === before ? null : pid;
  }
}

/** Activities of a workflow that are not done; none before it has begun. */
async function pendingActivities(
  temporal: Client,
  workflowId: string,
): Promise<readonly { readonly lastWorkerIdentity?: string | null }[]> {
  try {
    return (await temporal.workflow.getHandle(workflowId).describe()).raw.pendingActivities ?? [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
