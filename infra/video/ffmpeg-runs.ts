/** From this gap on it costs less to seek in another process than to decode what lies between. */
const GAP_SEC = 4;
/** Kept well below what a system takes as one argument (128 KiB on Linux). */
const MOST_RANGES = 2000;

/** Frames that one process gives, ascending: as ranges of ticks, first and last, and how many they are. */
export interface Run {
  readonly ranges: readonly (readonly [first: number, last: number])[];
  readonly indices: readonly number[];
}

/** Groups ascending frame indices into runs: a long gap begins a new one, where the file can be sought in. */
export function runsOf(wanted: readonly number[], fps: number, seeks: boolean): readonly Run[] {
  const runs: { ranges: [number, number][]; indices: number[] }[] = [];
  for (const index of wanted) {
    const tick = index - 1;
    const run = runs.at(-1);
    const range = run?.ranges.at(-1);
    const gapSec = (tick - (range?.[1] ?? 0)) / fps;
    if (run === undefined || range === undefined || (seeks && gapSec > GAP_SEC)) {
      runs.push({ ranges: [[tick, tick]], indices: [index] });
      continue;
    }
    if (tick === range[1] + 1) range[1] = tick;
    else if (run.ranges.length < MOST_RANGES) run.ranges.push([tick, tick]);
    else {
      runs.push({ ranges: [[tick, tick]], indices: [index] });
      continue;
    }
    run.indices.push(index);
  }
  return runs;
}

/**
 * Seconds after the first frame from which a run's first frame is looked for, one after the other; null is the file's
 * beginning, which is always right. A seek goes to the key frame before; where an index misleads, it is tried from
 * further back.
 */
export function placesToBegin(run: Run, fps: number, seeks: boolean): readonly (number | null)[] {
  const sec = (run.indices[0] ?? 1) - 1 > 0 ? ((run.indices[0] ?? 1) - 1) / fps : 0;
  return seeks && sec > GAP_SEC ? [sec, Math.max(0, sec - 5 * GAP_SEC), null] : [null];
}
