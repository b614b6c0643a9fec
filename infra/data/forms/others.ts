import { questionOfRlRow } from '../../../domain/formats/pixel-reasoner-rl.js';
import { trajectoryOfSft } from '../../../domain/formats/pixel-reasoner-sft.js';
import { questionOfVideoR1 } from '../../../domain/formats/video-r1.js';
import type { ImportContext } from '../import-context.js';
import { filesOf } from './sources.js';

const ROWS = /\.(jsonl|ndjson|json|parquet)$/i;

export async function importVideoR1(context: ImportContext): Promise<void> {
  for (const file of await filesOf(context.options.sources, ROWS, 'files of rows (.json, .jsonl, .parquet)'))
    for await (const row of context.rows(file, 'question'))
      await context.question(row, () => questionOfVideoR1(row.value, context.root.dir));
}

export async function importPixelReasonerRl(context: ImportContext): Promise<void> {
  for (const file of await filesOf(context.options.sources, ROWS, 'files of rows (.json, .jsonl, .parquet)'))
    for await (const row of context.rows(file, 'question'))
      await context.question(row, () => questionOfRlRow(row.value, context.root.dir, context.joiner?.named));
}

export async function importPixelReasonerSft(context: ImportContext): Promise<void> {
  for (const file of await filesOf(context.options.sources, ROWS, 'files of rows (.json, .jsonl, .parquet)'))
    for await (const row of context.rows(file, 'trajectory'))
      await context.trajectory(row, () =>
        trajectoryOfSft(row.value, row.line ?? (row.index ?? 0) + 1, context.root.dir, context.joiner?.named),
      );
}
