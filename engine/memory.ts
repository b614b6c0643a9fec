import { freemem, totalmem } from 'node:os';
import { MemoryFailure } from '../domain/failures.js';

/** A graph as a message names it. */
export interface GraphName {
  /** Of the session, such as `supervised/64/3/plain/glance`. */
  readonly key: string;
  readonly policy: { readonly width: number; readonly layers: number } | undefined;
}

/**
 * Refuses a graph that certainly cannot run: one whose tensors alone, at their fullest, outgrow what this process can
 * still have. Linux would grant the memory and then kill the process, which no one could catch or explain.
 */
export function requireMemory(graph: GraphName, neededBytes: number, roomBytes = memoryRoom()): void {
  if (neededBytes <= roomBytes) return;
  throw shortage(
    graph,
    `needs at least ${gibibytes(neededBytes)} at once, and this process can have ${gibibytes(roomBytes)}`,
  );
}

/** What onnxruntime threw, where it was for want of memory told as that; anything else as it came. */
export function explained(graph: GraphName, error: unknown): unknown {
  if (error instanceof MemoryFailure) return error;
  const said = error instanceof Error ? error.message : String(error);
  return OUT_OF_MEMORY.test(said) ? shortage(graph, `could not run (${said})`, error) : error;
}

/** What a failed allocation is called by C++, onnxruntime's allocators, V8 and CUDA. */
const OUT_OF_MEMORY =
  /bad_alloc|bad allocation|failed to allocate memory|array buffer allocation failed|out of memory/i;

function shortage({ key, policy }: GraphName, what: string, cause?: unknown): MemoryFailure {
  const [graph, batch, looks] = key.split('/');
  const shaped = SHAPED.test(key);
  const shape = shaped ? ` for a batch of ${batch} with ${looks} looks` : '';
  const lower = shaped
    ? `lower compute.microBatch (a batch half as large needs about half), policy.width or policy.layers`
    : 'lower policy.width or policy.layers';
  const of = policy ? ` of a policy of width ${policy.width} and ${policy.layers} layers` : '';
  return new MemoryFailure(
    `out of memory: the ${graph} graph${shape}${of} ${what}`,
    `${lower}, or give it more memory`,
    { cause },
  );
}

/** `<graph>/<batch>/<looks>`, then whatever else tells the sessions of a graph apart. */
const SHAPED = /^(supervised|grpo|logProbs|logits|turn|recall)\/\d+\/\d+(\/|$)/;

/**
 * Bytes that this process could still take, from above: what the machine has free (its caches given up), and what a
 * cgroup's limit leaves of it. What others in the cgroup hold is not known here, and not counted.
 */
function memoryRoom(): number {
  // Elsewhere than on Linux "free" leaves out what the system would give back.
  const free = process.platform === 'linux' ? freemem() : totalmem();
  const limit = process.constrainedMemory();
  const limited = limit > 0 && limit < totalmem();
  return limited ? Math.min(free, limit - process.memoryUsage.rss()) : free;
}

function gibibytes(bytes: number): string {
  return `${(Math.max(0, bytes) / 2 ** 30).toFixed(1)} GiB`;
}
