import type { EndpointSpec, ListedModel } from '../../domain/conversation/spec.js';
import { UserError } from '../../domain/failures.js';

/** What an entry of a server's list says that its model can do; null where it says nothing of the kind. Untrusted. */
export function listedIn(entry: object): ListedModel | null {
  const { capabilities, overview_frames, max_looks } = entry as Readonly<Record<string, unknown>>;
  if (typeof capabilities !== 'object' || capabilities === null) return null;
  const { vision, tools, logprobs } = capabilities as Readonly<Record<string, unknown>>;
  if (typeof vision !== 'boolean' || typeof tools !== 'boolean' || typeof logprobs !== 'boolean') return null;
  return {
    ...{ vision, tools, logProbs: logprobs },
    overviewFrames: count(overview_frames, 1),
    maxLooks: count(max_looks, 0),
  };
}

/** What all endpoints of a run can be asked. Throws a UserError where no one overview fits them all. */
export function limitsOf(endpoints: readonly EndpointSpec[]): {
  readonly overviewFrames: number | null;
  readonly maxLooks: number | null;
} {
  const wanted = endpoints.flatMap(({ url, listed }) =>
    listed?.overviewFrames == null ? [] : [{ url, frames: listed.overviewFrames }],
  );
  const [first] = wanted;
  const other = wanted.find(({ frames }) => frames !== first?.frames);
  if (first !== undefined && other !== undefined)
    throw new UserError(
      `${first.url} takes an overview of ${first.frames} frames, ${other.url} one of ${other.frames}`,
      'ask them in two runs',
    );
  const looks = endpoints.flatMap(({ listed }) => listed?.maxLooks ?? []);
  return {
    overviewFrames: first?.frames ?? null,
    maxLooks: looks.length === 0 ? null : Math.min(...looks),
  };
}

/** A whole number that an overview or a conversation may well have. */
function count(value: unknown, least: number): number | null {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= 4096
    ? (value as number)
    : null;
}
