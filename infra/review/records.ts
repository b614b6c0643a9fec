import { z } from 'zod';
import type { TrajectoryRecord } from '../../domain/data/records.js';

/**
 * What a person made of one trajectory: a line of `decisions.jsonl`. The last line of an id counts.
 * A mended trajectory stands in the line whole.
 */
export interface Decision {
  readonly id: string;
  readonly decision: 'accepted' | 'rejected' | 'mended';
  readonly why?: string;
  readonly trajectory?: TrajectoryRecord;
  readonly by: string;
  /** ISO 8601; for people. */
  readonly at: string;
}

/** A trajectory as a person is shown it. */
export interface ReviewItem {
  readonly record: TrajectoryRecord;
  /** Whether quality control took it; `why` says why not. */
  readonly origin: 'taken' | 'rejected';
  readonly why: readonly string[];
  readonly decision: Decision | null;
}

const unit = z.number().min(0).max(1);
const box01 = z.tuple([unit, unit, unit, unit]);
const frame = z.int().min(1);
const action = z.discriminatedUnion('tool', [
  z.strictObject({ tool: z.literal('clip'), targetFrames: z.array(frame).min(1) }),
  z.strictObject({ tool: z.literal('crop'), targetFrame: frame, bbox01: box01 }),
  z.strictObject({ tool: z.literal('answer'), text: z.string() }),
]);
const reads = z.array(z.looseObject({ text: z.string(), frame, box01: box01.nullable() }));

/** Unknown fields are kept: what another part adds must not be lost by a review. */
const trajectory = z
  .looseObject({
    id: z.string().min(1),
    video: z.string().min(1),
    question: z.string(),
    questionId: z.string().nullable(),
    answers: z.array(z.string()).min(1),
    style: z.enum(['drp', 'crp', 'given']),
    fps: z.number().positive().max(240),
    turns: z
      .array(z.looseObject({ thought: z.string(), action, reads: reads.optional() }))
      .min(1)
      .max(64),
    provenance: z.looseObject({ steps: z.array(z.unknown()) }),
  })
  .refine(
    ({ turns }) => turns.every(({ action }, at) => (action.tool === 'answer') === (at === turns.length - 1)),
    {
      message: 'expected looks and then one answer',
      path: ['turns'],
    },
  );

const decision = z.looseObject({
  id: z.string().min(1),
  decision: z.enum(['accepted', 'rejected', 'mended']),
  why: z.string().optional(),
  trajectory: trajectory.optional(),
  by: z.string(),
  at: z.string(),
});

/** What the page sends: who and when are the server's to say. */
const asked = z.strictObject({
  id: z.string().min(1),
  decision: z.enum(['accepted', 'rejected', 'mended']),
  why: z.string().max(2000).optional(),
  trajectory: trajectory.optional(),
});
export type AskedDecision = Pick<Decision, 'id' | 'decision' | 'why' | 'trajectory'>;

/** The value in its type, or what is wrong with it as one sentence. */
export type Read<T> = { readonly value: T } | { readonly wrong: string };

export function readTrajectory(value: unknown): Read<TrajectoryRecord> {
  return read<TrajectoryRecord>(trajectory, value);
}

export function readDecision(value: unknown): Read<Decision> {
  return read<Decision>(decision, value);
}

export function readAsked(value: unknown): Read<AskedDecision> {
  return read<AskedDecision>(asked, value);
}

/** The schemas say what the types say, but for optional fields, which zod also lets be undefined. */
function read<T>(schema: z.ZodType, value: unknown): Read<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data as T };
  const { path = [], message = 'not valid' } = parsed.error.issues[0] ?? {};
  return { wrong: `${path.length === 0 ? 'the row' : path.map(String).join('.')}: ${message}` };
}
