import type { IncomingMessage } from 'node:http';
import { DataFailure } from '../../domain/failures.js';
import { refusalOf } from '../../domain/tools/validate.js';
import type { Box01 } from '../../domain/world/records.js';
import type { DecisionsFile } from './decisions-file.js';
import type { ReviewFolder } from './folder.js';
import { PAGE_POLICY, reviewPage } from './page.js';
import type { ReviewPictures } from './pictures.js';
import type { Decision } from '../../domain/curation/decisions.js';
import { readAsked, type AskedDecision, type ReviewItem } from './records.js';
import { json, readBody, refused, type Reply } from './reply.js';

/** What the server works on. */
export interface Review {
  readonly folder: ReviewFolder;
  readonly decisions: DecisionsFile;
  readonly pictures: ReviewPictures;
  /** Who decides. */
  readonly by: string;
}

/**
 * ```
 * GET  (nothing)                      the page
 * GET  items                          ReviewItem[]
 * GET  video/ITEM                     VideoFacts of the item's video
 * GET  frame/ITEM/FRAME               a whole frame, JPEG
 * GET  crop/ITEM/FRAME?box=x,y,x,y    what a crop shows, PNG
 * POST decide                         AskedDecision → Decision, when it is on the disk
 * POST undo {id}                      → {decision}: what counts now
 * ```
 * ITEM counts from 0, FRAME from 1.
 */
export async function answer(
  review: Review,
  request: IncomingMessage,
  { path, query }: { readonly path: string; readonly query: URLSearchParams },
  signal: AbortSignal,
): Promise<Reply> {
  const [what = '', ...rest] = path.split('/');
  if (request.method === 'POST') {
    const body = await readBody(request);
    if (!('value' in body)) return body;
    if (path === 'decide') return decide(review, body.value, signal);
    if (path === 'undo') return undo(review, body.value);
    return refused(404, 'there is nothing here');
  }
  if (request.method !== 'GET') return refused(405, 'expected GET or POST');
  if (path === '') return page(review);
  if (path === 'items') return json(reviewItems(review));
  const item = review.folder.items[numberIn(rest[0])];
  if (item === undefined || !['video', 'frame', 'crop'].includes(what))
    return refused(404, 'there is nothing here');
  try {
    const { pictures } = review;
    if (what === 'video') return json(await pictures.facts(item.record, signal));
    const frame = numberIn(rest[1]);
    if (what === 'frame') {
      const body = await pictures.frame(item.record, frame, null, signal);
      return { status: 200, type: 'image/jpeg', body, keep: true };
    }
    const box = boxIn(query.get('box'));
    if (box === null) return refused(400, 'expected box=x1,y1,x2,y2, fractions of the frame');
    const body = await pictures.crop(item.record, frame, box, signal);
    return { status: 200, type: 'image/png', body, keep: true };
  } catch (error) {
    if (error instanceof DataFailure) return refused(422, error.message);
    throw error;
  }
}

/** With what was decided until now. */
export function reviewItems({
  folder,
  decisions,
}: Pick<Review, 'folder' | 'decisions'>): readonly ReviewItem[] {
  const decided = decisions.all();
  return folder.items.map((item) => ({ ...item, decision: decided.get(item.record.id) ?? null }));
}

function page({ folder, decisions }: Review): Reply {
  const body = reviewPage({ mode: 'served', folder: folder.dir, decisionsFile: decisions.path });
  return { status: 200, type: 'text/html', body, policy: PAGE_POLICY.served };
}

async function decide(review: Review, value: unknown, signal: AbortSignal): Promise<Reply> {
  const read = readAsked(value);
  if ('wrong' in read) return refused(422, read.wrong);
  const asked = read.value;
  const item = review.folder.items.find(({ record }) => record.id === asked.id);
  if (item === undefined) return refused(422, `there is no trajectory ${JSON.stringify(asked.id)}`);
  const wrong = asked.decision === 'mended' ? await wrongMending(review, item, asked, signal) : null;
  if (wrong !== null) return refused(422, wrong);
  const decision = decisionOf(asked, { by: review.by, at: new Date().toISOString() });
  await review.decisions.append(decision);
  return json(decision);
}

/** A mended trajectory is about the same question, and every look of it can be taken. */
async function wrongMending(
  { pictures }: Review,
  { record }: Pick<ReviewItem, 'record'>,
  { trajectory }: AskedDecision,
  signal: AbortSignal,
): Promise<string | null> {
  if (trajectory === undefined) return 'a mended trajectory must come with it';
  const changed = (['id', 'video', 'question', 'fps'] as const).find(
    (key) => trajectory[key] !== record[key],
  );
  if (changed !== undefined) return `${changed} cannot be mended`;
  const last = trajectory.turns.at(-1)?.action;
  if (last?.tool === 'answer' && last.text.trim() === '') return 'the answer is empty';
  try {
    const { frames } = await pictures.facts(record, signal);
    for (const [at, { action }] of trajectory.turns.entries()) {
      const reason = action.tool === 'answer' ? null : refusalOf(action, frames);
      if (reason !== null) return `turn ${at + 1}: ${reason}`;
    }
    return null;
  } catch (error) {
    if (error instanceof DataFailure) return error.message;
    throw error;
  }
}

function decisionOf(
  { id, decision, why, trajectory }: AskedDecision,
  { by, at }: Pick<Decision, 'by' | 'at'>,
): Decision {
  if (decision !== 'mended' || trajectory === undefined)
    return { id, decision, ...(why === undefined || why === '' ? {} : { why }), by, at };
  const provenance = { ...trajectory.provenance, review: { decision, by } };
  return { id, decision, ...(why ? { why } : {}), trajectory: { ...trajectory, provenance }, by, at };
}

async function undo({ decisions }: Review, value: unknown): Promise<Reply> {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  if (typeof id !== 'string') return refused(422, 'expected {"id": …}');
  return json({ decision: await decisions.undo(id) });
}

/** −1 for what is no plain number: there is no such item, and no such frame. */
function numberIn(text: string | undefined): number {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : -1;
}

function boxIn(text: string | null): Box01 | null {
  const parts = (text ?? '').split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x1, y1, x2, y2] = parts;
  if (parts.length !== 4 || !parts.every(Number.isFinite)) return null;
  return [x1!, y1!, x2!, y2!];
}
