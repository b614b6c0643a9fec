import { M4 } from '../../../domain/formats/m4-vitevqa.js';
import { groundingOf, VITXT, type Grounding } from '../../../domain/formats/vitxt-gqa.js';
import { UserError } from '../../../domain/failures.js';
import type { ImportContext } from '../import-context.js';
import { m4Ocr, m4Questions } from './m4-vitevqa.js';

/** Questions in M4-ViteVQA's form with the evidence of ViTXT-GQA, joined by the question's number and its video. */
export async function importVitxt(context: ImportContext): Promise<void> {
  const { evidence: file } = context.options;
  if (file === undefined)
    throw new UserError('vitxt-gqa: expected the file with spatial_temporal_gt', 'Name it with --evidence.');
  const groundings = new Map<string, Grounding>();
  for await (const row of context.rows(file, 'evidence')) {
    await context.attempt('evidence', row, () => {
      const grounding = groundingOf(row.value);
      groundings.set(keyOf(grounding.questionId, grounding.videoId), grounding);
    });
  }
  const used = new Set<string>();
  let [all, without] = [0, 0];
  const videos = await m4Questions(context, (record) => {
    all += 1;
    const { question_id: number, video_id: videoId } = record.source?.fields ?? {};
    const key = keyOf(number, videoId);
    const grounding = groundings.get(key);
    if (grounding === undefined || record.source?.form !== M4) {
      without += 1;
      return record;
    }
    used.add(key);
    return { ...record, evidence: grounding.evidence, source: { form: VITXT, fields: record.source.fields } };
  });
  const unused = groundings.size - used.size;
  if (unused > 0)
    context.tally.warn(
      `${unused} of ${groundings.size} entries of evidence are about questions that are not in these files`,
    );
  if (without > 0) context.tally.warn(`${without} of ${all} questions have no evidence`);
  await m4Ocr(context, videos);
}

function keyOf(number: unknown, videoId: unknown): string {
  return JSON.stringify([number, videoId]);
}
