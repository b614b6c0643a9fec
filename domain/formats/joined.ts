import { nameHash } from '../seeds.js';
import { pathBelow } from './paths.js';
import { RowRefusal } from './refusal.js';

/** Says which video a list of pictures becomes; without it lists are refused. */
export type Joined = (pictures: readonly string[]) => string;

/** A list of pictures that stands for a video, as a video. */
export function joinedVideo(
  pictures: readonly string[],
  root: string | undefined,
  joined: Joined | undefined,
): string {
  if (pictures.length === 0) throw new RowRefusal('missing-field', 'the video is an empty list of pictures');
  if (joined === undefined)
    throw new RowRefusal(
      'video-as-frames',
      `the video is a list of ${pictures.length} pictures and a record needs one file: --join-frames makes one`,
    );
  return joined(pictures.map((picture) => pathBelow(picture, root)));
}

/** `videos/clip7/3.jpg, …` → `joined/clip7-<hash of the list>.mp4`: other lists of the same folder are other videos. */
export function joinedName(pictures: readonly string[]): string {
  const folder = pictures[0]?.split('/').at(-2) ?? 'frames';
  const hash = [nameHash('joined', ...pictures), nameHash('joined more', ...pictures)]
    .map((half) => half.toString(16).padStart(8, '0'))
    .join('');
  return `joined/${folder.slice(0, 100)}-${hash}.mp4`;
}
