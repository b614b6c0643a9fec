import type { Split } from './records.js';

/** Name of the folder in which an installation keeps a rendered world: equal requests share one. */
export function worldFolderName(request: {
  readonly seed: number;
  readonly split: Split;
  readonly videos: number;
  readonly questionsPerVideo: number;
}): string {
  const { seed, split, videos, questionsPerVideo } = request;
  return `world-${seed}-${split}-${videos}x${questionsPerVideo}`;
}
