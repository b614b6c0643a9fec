import { listed } from '../../domain/data/left-out.js';
import { countsOf, type Material, type MaterialCounts } from '../../domain/data/material.js';
import { unmetNeeds } from '../../domain/data/needs.js';
import type { Curriculum } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';
import type { FolderProgress } from '../../activities/ports.js';
import { readTrainingFolders } from '../data/training-folders.js';

export interface SurveyedFolders {
  readonly train: Surveyed;
  readonly test: Surveyed;
}

export interface Surveyed {
  readonly dir: string;
  readonly counts: MaterialCounts;
  /** A sentence for each row and video that is left out. */
  readonly leftOut: readonly string[];
}

/**
 * Reads the data folders of a curriculum before anything starts: what is wrong with them is told now, not after an hour.
 * Null where the run renders a world of its own.
 */
export async function surveyFolders(
  { data, stages, evaluation }: Pick<Curriculum, 'data' | 'stages' | 'evaluation'>,
  onProgress?: (progress: FolderProgress) => void,
): Promise<SurveyedFolders | null> {
  if (!('folders' in data)) return null;
  const { train, test } = await readTrainingFolders(data.folders, { onProgress });
  const surveyed = (dir: string, material: Material): Surveyed => ({
    dir,
    counts: countsOf(material),
    leftOut: material.leftOut,
  });
  const found = {
    train: surveyed(data.folders.train, train),
    test: surveyed(data.folders.test, test),
  };
  const unmet = unmetNeeds(stages, evaluation, { train: found.train.counts, test: found.test.counts });
  if (unmet.length > 0)
    throw new UserError(
      `the data folders lack what the curriculum asks for:${listed(unmet)}`,
      'ruminate data curate makes trajectories; they also say which look a question takes (docs/curriculum.md)',
    );
  return found;
}
