import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../domain/failures.js';
import { Row } from '../../domain/formats/row.js';
import { trajectoryOf } from '../../domain/formats/trajectory.js';
import { manifestIn } from '../data/read-folder.js';
import { readRows } from '../data/rows/read.js';
import { read, type ReviewItem } from './records.js';

/** What there is to decide on in a data folder. */
export interface ReviewFolder {
  readonly dir: string;
  /** Those that quality control took, then those that it rejected and that are whole; ids are unique. */
  readonly items: readonly Omit<ReviewItem, 'decision'>[];
  /** Rejected before there was a trajectory: nothing to look at. */
  readonly withoutTrajectory: number;
  /** Lines that were refused, as sentences that name file and line. */
  readonly problems: readonly string[];
  readonly videoRoot: string;
}

/** Throws a UserError where there is no data folder with trajectories. */
export async function readReviewFolder(dir: string): Promise<ReviewFolder> {
  const root = resolve(dir);
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new UserError(`expected a data folder at ${dir}, but there is none`, 'Check the path.');
  const [taken, rejected] = [join(root, 'trajectories.jsonl'), join(root, 'rejected.jsonl')];
  if (!existsSync(taken) && !existsSync(rejected))
    throw new UserError(
      `${dir} has no trajectories.jsonl, so there is nothing to review`,
      'Make trajectories with: ruminate data curate',
    );
  const items: Omit<ReviewItem, 'decision'>[] = [];
  const ids = new Set<string>();
  const problems: string[] = [];
  let withoutTrajectory = 0;
  for (const [file, origin] of [
    [taken, 'taken'],
    [rejected, 'rejected'],
  ] as const) {
    if (!existsSync(file)) continue;
    for await (const row of readRows(file)) {
      const where = `${relative(root, file)}, line ${row.line ?? 0}`;
      if ('refusal' in row) {
        problems.push(`${where}: ${row.refusal.message}`);
        continue;
      }
      const found = read(() => {
        const { trajectory, why } =
          origin === 'taken' ? { trajectory: row.value, why: [] } : rejectionOf(row.value);
        return trajectory === null ? null : { record: trajectoryOf(trajectory), origin, why };
      });
      if ('wrong' in found) problems.push(`${where}: ${found.wrong}`);
      else if (found.value === null) withoutTrajectory += 1;
      else if (ids.has(found.value.record.id))
        problems.push(`${where}: id ${JSON.stringify(found.value.record.id)} stands twice`);
      else {
        ids.add(found.value.record.id);
        items.push(found.value);
      }
    }
  }
  const videoRoot = resolve(root, (await manifestIn(root))?.videoRoot ?? '.');
  return { dir: root, items, withoutTrajectory, problems, videoRoot };
}

/** Absolute path of a record's video, or null where it would leave the root. */
export function videoPath({ videoRoot }: Pick<ReviewFolder, 'videoRoot'>, video: string): string | null {
  const file = resolve(videoRoot, video);
  return file.startsWith(videoRoot.endsWith(sep) ? videoRoot : videoRoot + sep) ? file : null;
}

/** The trajectory of a rejected record, null where it was rejected before there was one, and why. */
function rejectionOf(value: unknown): { readonly trajectory: unknown; readonly why: readonly string[] } {
  const row = new Row(value);
  const why = [row.raw('reason'), row.raw('why')].filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  return { trajectory: row.has('trajectory') ? row.raw('trajectory') : null, why };
}
