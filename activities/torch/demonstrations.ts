import {
  scriptOfDemonstration,
  scriptOfTrajectory,
  type Scripted,
} from '../../domain/conversation/script.js';
import type { Looked, Opening } from '../../domain/conversation/records.js';
import type { SftStage } from '../../domain/curriculum.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import { UserError } from '../../domain/failures.js';
import type { RandomStream } from '../../domain/seeds.js';
import type { SynthesizeInput } from '../contract.js';
import type { LoadedDataSet } from '../datasets.js';
import { WORLD_PATIENCE } from '../refusals.js';
import { demonstrationsOf, ownRecords } from '../draw-demonstrations.js';
import type { Said } from './conversations.js';

/** A demonstration that was executed on the real video: a line of a training set. `looked[i]` answered `said[i]`. */
export interface DemonstratedConversation {
  readonly opening: Opening;
  readonly said: readonly Said[];
  readonly looked: readonly Looked[];
}

/** Where a part's demonstrations come from. */
export interface Scripts {
  /** The next one; `name` where it may come again. */
  next(): { readonly name: string | null; readonly script: Scripted };
  /** After so many in a row that came to nothing, nothing will. */
  readonly patience: number;
}

/** From curated trajectories where the data set has any, else from its truth. What it lacks is the person's to mend. */
export function scriptsOf(
  input: SynthesizeInput,
  stage: SftStage,
  data: LoadedDataSet,
  random: RandomStream,
  fps: number,
): Scripts {
  const { style } = stage.trajectories;
  if (data.trajectories.length > 0 && style !== 'direct')
    return curated(ownRecords(input, data, ofStyle(stage, data.trajectories)), data, stage, random, fps);
  if (data.truths.length === 0 && style !== 'direct')
    throw new UserError(
      `${stage.name}: ${data.dir} has neither ground truth nor trajectories to demonstrate from`,
      'curate its questions first: ruminate data curate',
    );
  const draw = demonstrationsOf(input, data, random);
  const next = () => ({ name: null, script: scriptOfDemonstration(draw(), fps) });
  return { next, patience: WORLD_PATIENCE };
}

/** Of a stage's style; for `crp` those of a single tool too, as far as its share asks for them. */
function ofStyle(
  { name, trajectories }: SftStage,
  records: readonly TrajectoryRecord[],
): readonly TrajectoryRecord[] {
  const { style, singleToolShare } = trajectories;
  const wanted = records.filter(
    (record) => record.style === style || (singleToolShare > 0 && record.style === 'drp'),
  );
  if (wanted.some((record) => record.style === style)) return wanted;
  const styles = [...new Set(records.map((record) => record.style))].sort().join(', ');
  throw new UserError(
    `${name}: expected trajectories of style ${style}, the data set's ${records.length} are of style ${styles}`,
    `name another style, or curate trajectories of style ${style}`,
  );
}

/** Each in turn, in an order that is shuffled anew in each pass; the shares are those of the draws. */
function curated(
  records: readonly TrajectoryRecord[],
  { questions }: LoadedDataSet,
  { trajectories: { style, singleToolShare } }: SftStage,
  random: RandomStream,
  fps: number,
): Scripts {
  const main = inTurn(
    records.filter((record) => record.style === style),
    random,
  );
  const single = inTurn(
    records.filter((record) => record.style !== style),
    random,
  );
  const choices = new Map(questions.map(({ id, options }) => [id, options]));
  const next = (): ReturnType<Scripts['next']> => {
    const mixed = single !== null && (main === null || random.float() < singleToolShare);
    const record = (mixed ? single : main!)();
    return { name: record.id, script: scriptOfTrajectory(record, fps, choices.get(record.questionId ?? '')) };
  };
  return { next, patience: WORLD_PATIENCE + 2 * records.length };
}

function inTurn<T>(records: readonly T[], random: RandomStream): (() => T) | null {
  if (records.length === 0) return null;
  let left: T[] = [];
  return () => {
    if (left.length === 0) left = random.shuffle(records);
    return left.pop()!;
  };
}
