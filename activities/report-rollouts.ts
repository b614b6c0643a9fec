import path from 'node:path';
import { heartbeat } from './heartbeat.js';
import type { LookRenderer, ShownLook, ShownRollout, ShownTurn, Strip } from './report-content.js';
import { spread as spreadFrames } from '../domain/conversation/overview.js';
import { classify } from '../domain/failures.js';
import type { GradedRollout, ShownVideo } from '../domain/graded.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { Look } from '../domain/tools/contract.js';

/** Pictures in one page; as data URLs they take a third more, and the page must stay under 6 MB. */
const MAX_PICTURE_BYTES = 4_000_000;

/**
 * Rollouts that one can look at, with their pictures: up to `count`, taken in turn from every task, right and
 * wrong, until the pictures' bytes are spent. The same graded rollouts give the same choice.
 */
export async function showRollouts(
  renderer: LookRenderer,
  graded: readonly GradedRollout[],
  count: number,
): Promise<readonly ShownRollout[]> {
  const shown: ShownRollout[] = [];
  let bytes = 0;
  const chosen = spread(graded, count);
  for (const [index, one] of chosen.entries()) {
    heartbeat({ doing: 'drawing rollouts', done: index, total: chosen.length });
    const rollout = await showRollout(renderer, one);
    bytes += bytesOf(rollout);
    if (bytes > MAX_PICTURE_BYTES) break;
    shown.push(rollout);
  }
  return shown;
}

/** One from each (task, right or wrong) in turn, tasks in the order of their names, right before wrong. */
export function spread(graded: readonly GradedRollout[], count: number): readonly GradedRollout[] {
  const buckets = new Map<string, GradedRollout[]>();
  for (const one of graded) {
    const key = `${one.task} ${one.correct ? 0 : 1}`;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [one]);
    else bucket.push(one);
  }
  const inOrder = [...buckets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bucket]) => bucket);
  const chosen: GradedRollout[] = [];
  for (let round = 0; chosen.length < Math.min(count, graded.length); round++) {
    chosen.push(...inOrder.flatMap((bucket) => bucket.slice(round, round + 1)));
  }
  return chosen.slice(0, count);
}

async function showRollout(renderer: LookRenderer, graded: GradedRollout): Promise<ShownRollout> {
  const video = path.join(graded.dir, graded.video);
  const { turns } = graded.rollout;
  try {
    const overview = await showOverview(renderer, video, graded.shown);
    const fps = graded.shown?.fps ?? DEFAULT_PICTURES.fps;
    const drawn: ShownTurn[] = [];
    for (const turn of turns) {
      const looks = turn.observation?.kind === 'looks' ? turn.observation.looks : [];
      const pictures = looks.map((look) => showLook(renderer, video, fps, look));
      drawn.push({ turn, looks: await Promise.all(pictures) });
    }
    return { graded, overview, turns: drawn, trouble: null };
  } catch (error) {
    // A finished run is worth its table even where a video has gone since; the page says what is missing.
    if (classify(error) !== 'data' || !(error instanceof Error)) throw error;
    return {
      graded,
      overview: null,
      turns: turns.map((turn) => ({ turn, looks: [] })),
      trouble: error.message,
    };
  }
}

/** Of a long overview, frames from all over it: a page has room for so many. */
const MOST_IN_STRIP = 16;

function showOverview(renderer: LookRenderer, video: string, shown: ShownVideo | undefined): Promise<Strip> {
  if (shown === undefined) return renderer.thumbnailsPng(video);
  const frames = spreadFrames(shown.frames.length, MOST_IN_STRIP).map((place) => shown.frames[place - 1]!);
  return renderer.stripPng(video, { ...shown, frames });
}

async function showLook(
  renderer: LookRenderer,
  video: string,
  fps: number,
  { frame, box01 }: Look,
): Promise<ShownLook> {
  const picture = await renderer.framePng(video, fps, frame);
  const region = box01 === null ? null : await renderer.regionPng(video, fps, frame, box01);
  return { frame, box01, picture, region };
}

function bytesOf({ overview, turns }: ShownRollout): number {
  const looks = turns.flatMap((turn) => turn.looks);
  const looked = looks.reduce((sum, { picture, region }) => sum + picture.length + (region?.length ?? 0), 0);
  return looked + (overview?.png.length ?? 0);
}
