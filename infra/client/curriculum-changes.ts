import { isDeepStrictEqual } from 'node:util';
import type { Curriculum } from '../../domain/curriculum.js';

/** How a run's curriculum differs from the one that it was started with. */
export type CurriculumChange =
  | 'none'
  /** Only in what a machine has room for: the same training, with numbers that are rounded otherwise. */
  | 'room'
  | 'another';

/**
 * `room` are `compute.microBatch`, and of a torch policy `gradientCheckpointing` and `contextTokens`: what a person
 * changes where memory ran out or a conversation was too long. All else makes another run.
 */
export function curriculumChange(before: Curriculum, after: Curriculum): CurriculumChange {
  const [old, now] = [asKept(before), asKept(after)];
  if (isDeepStrictEqual(old, now)) return 'none';
  return isDeepStrictEqual(apartFromRoom(old), apartFromRoom(now)) ? 'room' : 'another';
}

/** As JSON keeps it. Runs of before there were engines name none. */
function asKept(curriculum: Curriculum): Curriculum {
  const kept = JSON.parse(JSON.stringify(curriculum)) as Curriculum;
  return { ...kept, policy: Object.assign({ engine: 'onnx' }, kept.policy) };
}

function apartFromRoom({ compute, policy, ...rest }: Curriculum): object {
  return {
    ...rest,
    compute: { ...compute, microBatch: 0 },
    policy:
      policy.engine === 'torch' ? { ...policy, gradientCheckpointing: false, contextTokens: null } : policy,
  };
}
