import { CLOCK_SLACK_SEC } from './clock.js';
import type { Run } from './ffmpeg-runs.js';

const SLACK_US = Math.round(CLOCK_SLACK_SEC * 1e6);

/**
 * The one clock as filters: times count from the first frame, in microseconds, a little early for the slack;
 * `round=up` gives tick n the last frame with time ≤ n/fps; then only the ticks asked for, each announced.
 * `startUs` is the first frame's time in the file, for a process that begins elsewhere; null for one that meets it.
 */
export function clockFilters(fps: number, run: Run, startUs: number | null): readonly string[] {
  const picked = run.ranges.map(([first, last]) =>
    first === last ? `eq(pts\\,${first})` : `between(pts\\,${first}\\,${last})`,
  );
  return [
    // Once more the last frame, or the filter drops the tick at which it comes.
    'tpad=stop=1:stop_mode=clone',
    // A container may call a frame a key frame from which H.264 only begins to recover: pictures are whole from an I frame on.
    ...(startUs === null ? [] : ['select=if(isnan(prev_selected_pts)\\,eq(pict_type\\,PICT_TYPE_I)\\,1)']),
    'settb=AVTB',
    startUs === null ? `setpts=PTS-STARTPTS-${SLACK_US}` : `setpts=PTS-(${startUs})-${SLACK_US}`,
    // Without `start_time` a process that began too late has no tick for what it missed, where it would repeat a frame.
    `fps=${fps}:round=up${startUs === null ? ':start_time=0' : ''}`,
    `select=${picked.join('+')}`,
    'showinfo=checksum=0',
  ];
}

/**
 * Input options to begin at the key frame before a time. Times stay those of the file (`copyts`, `seek_timestamp`);
 * frames before the time are kept, since the one on screen began there; what lacks its references is left out.
 */
export function seekOptions(startUs: number, sec: number): readonly string[] {
  const at = (startUs / 1e6 + sec).toFixed(6);
  return ['-copyts', '-noaccurate_seek', '-seek_timestamp', '1', '-flags', '-output_corrupt', '-ss', at];
}

/** Arguments behind the input that say when the first frame is, in microseconds of the file: one line of `showinfo`. */
export const FIRST_FRAME: readonly string[] = [
  ...['-map', '0:V:0', '-vf', 'settb=AVTB,showinfo=checksum=0'],
  ...['-frames:v', '1', '-f', 'null', '-'],
];
