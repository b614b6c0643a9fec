import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/failures.js';
import { M4_OCR_FPS, m4OfOcr } from '../../domain/formats/m4-ocr.js';
import { m4Annotation, m4OfTown } from '../../domain/formats/m4-town.js';
import { groundingEntry } from '../../domain/formats/vitxt-gqa.js';
import { lookFpsOf } from '../../domain/town/knobs.js';
import { perfectOcr } from '../../domain/town/ocr.js';
import type { TownManifest, TownTruth } from '../../domain/town/records.js';
import { jsonLines, writeAtomically } from '../making/files.js';
import type { TownRecord, TownRequest } from './folder.js';
import { TownFolder } from './folder.js';

/** All videos are there: writes the files about them, the manifest last. */
export async function finishTown(folder: TownFolder, request: TownRequest): Promise<TownManifest> {
  const records: TownRecord[] = [];
  for (let index = 0; index < request.videos; index++) {
    const record = await folder.record(index);
    if (record === null) throw new UserError(`${folder.dir}: the record of video ${index} has been removed`);
    records.push(record);
  }
  await writeAtomically(folder.path('truth.jsonl'), jsonLines(records.map((record) => record.truth)));
  if (request.form === 'data') await writeData(folder, request, records);
  else await writeM4(folder, request, records);
  const manifest = manifestOf(request, records);
  const name = TownFolder.manifestName(request.form);
  await writeAtomically(folder.path(name), `${JSON.stringify(manifest, null, 2)}\n`);
  await folder.dropUnfinished();
  return manifest;
}

async function writeData(
  folder: TownFolder,
  request: TownRequest,
  records: readonly TownRecord[],
): Promise<void> {
  const questions = records.flatMap((record) => record.questions);
  await writeAtomically(folder.path('questions.jsonl'), jsonLines(questions));
  if (!request.ocrTruth) return;
  await mkdir(folder.path('ocr', 'videos'), { recursive: true });
  for (const { truth } of records) {
    const ocr = perfectOcr(truth, truth.fps);
    await writeAtomically(folder.path('ocr', `${truth.video}.json`), JSON.stringify(ocr));
  }
}

async function writeM4(
  folder: TownFolder,
  request: TownRequest,
  records: readonly TownRecord[],
): Promise<void> {
  const written = records.flatMap(({ truth, questions }, index) =>
    questions.map((record, n) => {
      const { widthPx, heightPx, durationSec } = truth;
      const entry = m4OfTown(record, { videoId: videoIdOf(truth), widthPx, heightPx }, index * 100 + n);
      const { question, answers, question_id: questionId, video_id: videoId } = entry;
      const { evidence = [] } = record;
      const about = { questionId, videoId, question, answers, evidence, widthPx, heightPx, durationSec };
      return { entry, grounding: groundingEntry(about) };
    }),
  );
  const { file, content } = m4Annotation(
    request.split,
    written.map(({ entry }) => entry),
  );
  await writeAtomically(folder.path(file), `${JSON.stringify(content)}\n`);
  const evidence = written.map(({ grounding }) => grounding);
  await writeAtomically(folder.path(evidenceName(request)), `${JSON.stringify(evidence)}\n`);
  if (!request.ocrTruth) return;
  await mkdir(folder.path('video_ocr'), { recursive: true });
  for (const { truth } of records) {
    const ocr = m4OfOcr(perfectOcr(truth, M4_OCR_FPS), truth);
    await writeAtomically(folder.path('video_ocr', `${videoIdOf(truth)}.json`), JSON.stringify(ocr));
  }
}

function evidenceName({ split }: TownRequest): string {
  return `spatial_temporal_gt_${split === 'validation' ? 'val' : split}.json`;
}

function videoIdOf({ video }: TownTruth): string {
  return path.basename(video, '.mp4');
}

function manifestOf(request: TownRequest, records: readonly TownRecord[]): TownManifest {
  const { seed, split, videos, questionsPerVideo, ocrTruth, knobs, madeBy } = request;
  const questions = records.reduce((sum, record) => sum + record.questions.length, 0);
  const lookFps = lookFpsOf(knobs);
  return { version: 1, form: 'town', seed, split, videos, questions, questionsPerVideo, ocrTruth, lookFps, knobs, madeBy }; // prettier-ignore
}
