import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { resolveVideo } from '../video/resolve.js';
import { DecisionsFile } from './decisions-file.js';
import { readReviewFolder, type ReviewFolder } from './folder.js';
import { ReviewPictures } from './pictures.js';
import type { Review } from './routes.js';

/** Which trajectories are reviewed: `rejected` by quality control or by a person. */
export const ONLY = ['undecided', 'rejected', 'all'] as const;
export type Only = (typeof ONLY)[number];

/** Opens a data folder for review. Throws a UserError where there is nothing to review. */
export async function openReview(
  dir: string,
  options: { readonly decisions?: string; readonly by?: string; readonly only: Only },
): Promise<Review> {
  const whole = await readReviewFolder(dir);
  const decisions = await DecisionsFile.open(
    resolve(options.decisions ?? join(whole.dir, 'decisions.jsonl')),
  );
  const folder: ReviewFolder = {
    ...whole,
    items: whole.items.filter(({ record, origin }) => {
      const decided = decisions.of(record.id)?.decision ?? null;
      switch (options.only) {
        case 'undecided':
          return decided === null;
        case 'rejected':
          return origin === 'rejected' || decided === 'rejected';
        default:
          return true;
      }
    }),
  };
  const { reader } = await resolveVideo();
  return {
    folder,
    decisions,
    pictures: new ReviewPictures(reader, folder),
    by: options.by ?? userInfo().username,
  };
}

export interface Tally {
  readonly items: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly mended: number;
}

export function tallyOf({ folder, decisions }: Pick<Review, 'folder' | 'decisions'>): Tally {
  const count = (decision: string): number =>
    folder.items.filter(({ record }) => decisions.of(record.id)?.decision === decision).length;
  return {
    items: folder.items.length,
    accepted: count('accepted'),
    rejected: count('rejected'),
    mended: count('mended'),
  };
}
