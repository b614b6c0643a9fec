import type { Curriculum, VllmSampler } from './curriculum.js';

/**
 * The settings of a run that a machine must have room for, and that may change on its way: with others it is the same
 * training, whose numbers are rounded otherwise.
 */
export interface Room {
  readonly microBatch: number;
  /** Of a torch policy; null for the embedded one. */
  readonly gradientCheckpointing: boolean | null;
  /** Of a torch policy; null also where it is what the model was made for. */
  readonly contextTokens: number | null;
  /** Of vLLM; null without it, and in what was said before there was any. */
  readonly memoryShare?: number | null;
  readonly rows?: number | null;
}

type Roomy = Pick<Curriculum, 'policy' | 'compute'>;

/** Where a curriculum says each. */
export const ROOM_SETTINGS: Readonly<Record<keyof Room, string>> = {
  microBatch: 'compute.microBatch',
  gradientCheckpointing: 'policy.gradientCheckpointing',
  contextTokens: 'policy.contextTokens',
  memoryShare: 'policy.sampler.memoryShare',
  rows: 'policy.sampler.rows',
};

export function roomOf({ policy, compute: { microBatch } }: Roomy): Room {
  if (policy.engine !== 'torch') return { microBatch, gradientCheckpointing: null, contextTokens: null };
  const { gradientCheckpointing, contextTokens, sampler } = policy;
  const room = { microBatch, gradientCheckpointing, contextTokens };
  return sampler === undefined ? room : { ...room, memoryShare: sampler.memoryShare, rows: sampler.rows };
}

/** The same curriculum with these settings. */
export function inRoom<C extends Roomy>(curriculum: C, room: Room): C {
  const { policy } = curriculum;
  const compute = { ...curriculum.compute, microBatch: room.microBatch };
  if (policy.engine !== 'torch') return { ...curriculum, compute };
  const { gradientCheckpointing, contextTokens } = room;
  const torch = {
    ...policy,
    ...(policy.sampler === undefined ? {} : { sampler: samplerIn(room, policy.sampler) }),
    gradientCheckpointing: gradientCheckpointing ?? policy.gradientCheckpointing,
    contextTokens,
  };
  return { ...curriculum, compute, policy: torch };
}

function samplerIn({ memoryShare, rows }: Room, sampler: VllmSampler): VllmSampler {
  return { ...sampler, memoryShare: memoryShare ?? sampler.memoryShare, rows: rows ?? sampler.rows };
}

/** `compute.microBatch: 4 → 1`, for each setting that differs. */
export function changedRoom(before: Room, after: Room): readonly string[] {
  const names = Object.keys(ROOM_SETTINGS) as (keyof Room)[];
  return names
    .filter((name) => (before[name] ?? null) !== (after[name] ?? null))
    .map((name) => `${ROOM_SETTINGS[name]}: ${shown(before[name])} → ${shown(after[name])}`);
}

/**
 * What to do where memory ran out, in a sentence that another can go on from. A smaller context would only refuse what is
 * longer, but for vLLM, which keeps room for one of that length.
 */
export function makeRoom({ microBatch, gradientCheckpointing, memoryShare = null }: Room): string {
  const less = [
    ...(microBatch > 1 ? [`lower ${ROOM_SETTINGS.microBatch} (now ${microBatch})`] : []),
    ...(gradientCheckpointing === false ? [`turn ${ROOM_SETTINGS.gradientCheckpointing} on`] : []),
    ...(memoryShare === null
      ? []
      : [`change ${ROOM_SETTINGS.memoryShare} (now ${memoryShare}) or lower ${ROOM_SETTINGS.contextTokens}`]),
  ];
  return less.length > 0
    ? `${less.join(' or ')}, or free memory on the machine`
    : 'no setting is left that this run could lower, so free memory on the machine';
}

function shown(value: Room[keyof Room]): string {
  return value === null || value === undefined ? "the model's" : String(value);
}
