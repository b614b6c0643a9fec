import sharp from 'sharp';
import type { VideoInfo } from '../../../activities/ports.js';
import { m4OfOcr } from '../../../domain/formats/m4-ocr.js';
import { m4OfQuestion, type M4Header } from '../../../domain/formats/m4-vitevqa.js';
import { isStill } from '../../../domain/formats/paths.js';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { DataFailure, UserError } from '../../../domain/failures.js';
import { TextWriter } from '../line-writer.js';
import { placeVideo } from '../media.js';
import { questionRows, type ExportContext } from './context.js';

type Size = Pick<VideoInfo, 'widthPx' | 'heightPx'>;

/** An annotation file for each dataset type, `videos/` and `video_ocr/`. */
export async function exportM4(context: ExportContext): Promise<void> {
  const { folder, out, root, tally, signal } = context;
  const files = new Map<string, TextWriter>();
  const sizes = new Map<string, { readonly size: Size; readonly videoId: string }>();
  const extensions = new Map<string, string>();
  const heads = new Map<string, string>();
  const rows = questionRows(context, async (record) => {
    const known =
      sizes.get(record.video)?.size ?? (await sizeOf(context, record.video, record.source?.fields));
    const made = m4OfQuestion(record, known);
    const other = extensions.get(made.videoId);
    if (other !== undefined && other !== record.video)
      throw new RowRefusal(
        'cannot-be-written',
        `the video id ${JSON.stringify(made.videoId)} would name ${other} and ${record.video}`,
      );
    extensions.set(made.videoId, record.video);
    const name = fileNameOf(made.header);
    const head = JSON.stringify(made.header);
    if ((heads.get(name) ?? head) !== head)
      throw new RowRefusal('cannot-be-written', `the file ${name} has another head already`);
    heads.set(name, head);
    sizes.set(record.video, { size: known, videoId: made.videoId });
    await placeVideo(root.path(record.video), out.path('videos', record.video));
    return made;
  });
  try {
    for await (const { header, row } of rows) {
      const name = fileNameOf(header);
      let file = files.get(name);
      if (file === undefined) {
        file = new TextWriter(out.path(name));
        files.set(name, file);
        await file.write(`${JSON.stringify(header).slice(0, -1)},"data":[\n${JSON.stringify(row)}`);
      } else await file.write(`,\n${JSON.stringify(row)}`);
    }
    for (const file of files.values()) await file.write('\n]}\n');
  } finally {
    for (const file of files.values()) await file.close();
  }
  const rates = new Set<number>();
  for (const [video, { size, videoId }] of sizes) {
    signal?.throwIfAborted();
    const ocr = await folder.ocr(video);
    if (ocr === null) continue;
    tally.read('OCR file');
    tally.kept('OCR file');
    rates.add(ocr.fps);
    await out.write(`video_ocr/${videoId}.json`, `${JSON.stringify(m4OfOcr(ocr, size))}\n`);
  }
  if (rates.size > 1)
    throw new UserError(
      `${folder.dir}: read text is numbered at ${[...rates].join(' and ')} frames a second`,
      'The form has one rate for all side files: export them apart.',
    );
  const [rate] = rates;
  if (rate !== undefined)
    tally.warn(`frames of video_ocr are numbered at ${rate} a second: read them with --ocr-fps ${rate}`);
}

function fileNameOf({ dataset_name, dataset_version, dataset_type }: M4Header): string {
  const name = dataset_name === 'vtvqa' ? 'ViteVQA' : dataset_name;
  return `${[name, dataset_version, dataset_type].join('_').replaceAll(/[^\w.-]/g, '_')}.json`;
}

/** Of a record of the form its own numbers; else the video is asked. */
async function sizeOf(
  { reader, root, signal }: ExportContext,
  video: string,
  fields: Readonly<Record<string, unknown>> | undefined,
): Promise<Size> {
  const [widthPx, heightPx] = [fields?.['video_width'], fields?.['video_height']];
  if (typeof widthPx === 'number' && typeof heightPx === 'number') return { widthPx, heightPx };
  try {
    if (isStill(video)) {
      const { width, height } = await sharp(root.path(video)).metadata();
      return { widthPx: width, heightPx: height };
    }
    return await (await reader()).probe(root.path(video), signal);
  } catch (error) {
    if (!(error instanceof DataFailure) && !isStill(video)) throw error;
    throw new RowRefusal(
      'video-unreadable',
      `${video}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
