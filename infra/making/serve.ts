import { UserError } from '../../domain/failures.js';
import { letHeapGrow } from './heap.js';
import type { Answer, Job } from './processes.js';

/** In a process of its own: makes its share of the videos that it is sent, and ends with its parent. */
export function serve<Request extends { readonly videos: number }>(
  prepare: (job: Job<Request>) => Promise<(index: number) => Promise<unknown>>,
): void {
  process.once('message', (job: Job<Request>) => {
    void work(job, prepare).then(
      () => answer({ kind: 'finished' }),
      (error: unknown) =>
        answer({
          kind: 'failed',
          message: error instanceof Error ? error.message : String(error),
          code: error instanceof Error && 'code' in error ? String(error.code) : null,
          user: error instanceof UserError,
        }),
    );
  });
  process.once('disconnect', () => process.exit());
}

async function work<Request extends { readonly videos: number }>(
  job: Job<Request>,
  prepare: (job: Job<Request>) => Promise<(index: number) => Promise<unknown>>,
): Promise<void> {
  letHeapGrow();
  const make = await prepare(job);
  for (let index = job.first; index < job.request.videos; index += job.step) {
    await make(index);
    process.send?.({ kind: 'made', index } satisfies Answer);
    // Let the parent's disconnect be noticed between two videos.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function answer(message: Answer): void {
  process.send?.(message, () => process.disconnect());
}
