import { UserError } from '../../domain/failures.js';
import { resolveVideo } from '../video/resolve.js';
import { WorldFolder } from './folder.js';
import { makeVideo } from './make-video.js';
import type { Answer, Job } from './processes.js';

/** A process of its own that makes its share of a world's videos, and ends with its parent. */
process.once('message', (job: Job) => {
  void work(job).then(
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

async function work({ dir, request, first, step }: Job): Promise<void> {
  const { writer } = await resolveVideo();
  const folder = new WorldFolder(dir);
  for (let index = first; index < request.videos; index += step) {
    await makeVideo(folder, request, index, writer);
    process.send?.({ kind: 'made', index } satisfies Answer);
    // Let the parent's disconnect be noticed between two videos.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function answer(message: Answer): void {
  process.send?.(message, () => process.disconnect());
}
