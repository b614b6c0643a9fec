import type { Curriculum, Stage } from '../domain/curriculum.js';
import { origins } from './order.js';
import type { CurriculumFile } from './schema.js';
import type { StageFile } from './schema/stages.js';

/** Share of single-tool trajectories in `crp` where the file names none (ours: without any, they are forgotten). */
const SINGLE_TOOL_SHARE = 0.35;

/** A checked file as a curriculum: origins filled in, nothing optional left. */
export function resolve(file: CurriculumFile): Curriculum {
  const from = origins(file.stages);
  return { ...file, stages: file.stages.map((stage, i) => resolveStage(stage, from[i]!)) };
}

function resolveStage(stage: StageFile, from: string): Stage {
  if (stage.type !== 'sft') return { ...stage, from };
  const { trajectories } = stage;
  // Of trajectories that are all single-tool, or all direct, no share is mixed in.
  const singleToolShare =
    trajectories.style === 'crp' ? (trajectories.singleToolShare ?? SINGLE_TOOL_SHARE) : 0;
  return { ...stage, from, trajectories: { ...trajectories, singleToolShare } };
}
