import type { Question, Split, VideoTruth, WorldManifest } from '../../domain/world/records.js';
import { readJson, readLines } from '../making/files.js';
import { UnfinishedFolder } from '../making/unfinished.js';

/** What was asked for: two folders with equal requests and makers hold equal bytes. */
export interface WorldRequest {
  readonly seed: number;
  readonly split: Split;
  readonly videos: number;
  readonly questionsPerVideo: number;
  readonly madeBy: WorldManifest['madeBy'];
}

/** What is known of one finished video. */
export interface VideoRecord {
  readonly truth: VideoTruth;
  readonly questions: readonly Question[];
}

/** The files of a world folder, finished or not. */
export class WorldFolder extends UnfinishedFolder<WorldRequest, VideoRecord> {
  static videoName(index: number): string {
    return `videos/${String(index).padStart(6, '0')}.mp4`;
  }

  async manifest(): Promise<WorldManifest | null> {
    return readJson<WorldManifest>(this.path('world.json'));
  }

  async truths(): Promise<readonly VideoTruth[]> {
    return readLines<VideoTruth>(this.path('scenes.jsonl'));
  }
}
