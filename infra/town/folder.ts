import type { QuestionRecord } from '../../domain/data/records.js';
import type { Knobs } from '../../domain/town/knobs.js';
import type { TownManifest, TownTruth } from '../../domain/town/records.js';
import type { Split } from '../../domain/world/records.js';
import { readJson, readLines } from '../making/files.js';
import { UnfinishedFolder } from '../making/unfinished.js';

/** A data folder, or what M4-ViteVQA looks like with the evidence of ViTXT-GQA. */
export const TOWN_FORMS = ['data', 'm4-vitevqa'] as const;
export type TownForm = (typeof TOWN_FORMS)[number];

/** What was asked for: two folders with equal requests and makers hold equal bytes. */
export interface TownRequest {
  readonly form: TownForm;
  readonly seed: number;
  readonly split: Split;
  readonly videos: number;
  readonly questionsPerVideo: number;
  readonly ocrTruth: boolean;
  readonly knobs: Knobs;
  readonly madeBy: TownManifest['madeBy'];
}

/** What is known of one finished video. */
export interface TownRecord {
  readonly truth: TownTruth;
  readonly questions: readonly QuestionRecord[];
}

export class TownFolder extends UnfinishedFolder<TownRequest, TownRecord> {
  /** Five digits, as M4-ViteVQA numbers its videos; six in a data folder, as in the small world. */
  static videoName(form: TownForm, index: number): string {
    return `videos/${String(index).padStart(form === 'data' ? 6 : 5, '0')}.mp4`;
  }

  /** Written last: without it there is no town. */
  static manifestName(form: TownForm): string {
    return form === 'data' ? 'data.json' : 'town.json';
  }

  /** Whichever form the folder has. */
  async manifest(): Promise<{ readonly form: TownForm; readonly manifest: TownManifest } | null> {
    for (const form of TOWN_FORMS) {
      const manifest = await readJson<TownManifest>(this.path(TownFolder.manifestName(form)));
      if (manifest !== null) return { form, manifest };
    }
    return null;
  }

  async truths(): Promise<readonly TownTruth[]> {
    return readLines<TownTruth>(this.path('truth.jsonl'));
  }
}
