import path from 'node:path';
import { LeakFinder } from '../../../domain/formats/m4-leaks.js';
import { M4_OCR_FPS, ocrOfM4 } from '../../../domain/formats/m4-ocr.js';
import { m4HeaderOf, questionOfM4, type M4Header, type M4Video } from '../../../domain/formats/m4-vitevqa.js';
import type { QuestionRecord } from '../../../domain/data/records.js';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import type { GoodRow, ImportContext } from '../import-context.js';
import { readJsonFile } from '../json-files.js';
import { jsonHead } from '../rows/json-array.js';
import { refusalOfFile } from '../rows/read.js';
import { filesOf } from './sources.js';

/** Annotation files of M4-ViteVQA, one or several pooled, with the OCR side files of the videos that they keep. */
export async function importM4(context: ImportContext): Promise<void> {
  const videos = await m4Questions(context, (record) => record);
  await m4Ocr(context, videos);
}

/** Questions of all files, each `mended` before it is kept; gives the videos by path. */
export async function m4Questions(
  context: ImportContext,
  mended: (record: QuestionRecord, row: GoodRow) => QuestionRecord,
): Promise<ReadonlyMap<string, M4Video>> {
  const files = await filesOf(
    context.options.sources,
    /^(?!report\.json$|data\.json$|dataset_info\.json$).*\.json$/i,
    'annotation files (*.json)',
  );
  const videos = new Map<string, M4Video>();
  const leaks = new LeakFinder();
  await context.root.index();
  for (const file of files) {
    const header = await headerOf(file, context.options.signal);
    for await (const row of context.rows(file, 'question')) {
      await context.question(row, () => {
        if (header instanceof RowRefusal) throw header;
        const { record, video } = questionOfM4(row.value, header, (id) => context.root.named(id));
        videos.set(record.video, video);
        if (record.task !== undefined && record.split !== undefined)
          leaks.add(record.video, record.task, record.split);
        return mended(record, row);
      });
    }
  }
  for (const warning of leaks.warnings()) context.tally.warn(warning);
  return videos;
}

async function headerOf(file: string, signal: AbortSignal | undefined): Promise<M4Header | RowRefusal> {
  try {
    return m4HeaderOf(await jsonHead(file, { signal }));
  } catch (error) {
    const refusal = refusalOfFile(error);
    if (refusal === null) throw error;
    return refusal;
  }
}

/** The side file of each video, where the folder of them was named. A video without one is told, not refused. */
export async function m4Ocr(context: ImportContext, videos: ReadonlyMap<string, M4Video>): Promise<void> {
  const { ocr: dir, ocrFps = M4_OCR_FPS, signal, onProgress } = context.options;
  if (dir === undefined) return;
  let missing = 0;
  let done = 0;
  for (const [video, size] of videos) {
    signal?.throwIfAborted();
    onProgress?.({ done: ++done, total: videos.size });
    const file = path.join(dir, `${size.videoId}.json`);
    const value = await readJsonFile(file).catch((error: unknown) => {
      if (error instanceof RowRefusal) return error;
      throw error;
    });
    if (value instanceof RowRefusal && value.reason === 'file-missing') {
      missing += 1;
      continue;
    }
    context.tally.read('OCR file');
    await context.ocr({ file }, () => {
      if (value instanceof RowRefusal) throw value;
      const { ocr, words, refused } = ocrOfM4(value, video, ocrFps, size);
      context.tally.read('OCR word', words);
      context.tally.kept('OCR word', words - refused.length);
      for (const { frame, refusal } of refused)
        context.tally.refuse('OCR word', { file: `${file}, frame ${frame}` }, refusal);
      return ocr;
    });
  }
  if (missing > 0) context.tally.warn(`${missing} of ${videos.size} videos have no OCR side file in ${dir}`);
}
