import { counted } from '../../../domain/counted.js';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { UserError } from '../../../domain/failures.js';
import { resolveVideo } from '../../video/resolve.js';
import type { Shown } from './questions.js';
import { readShown } from './questions.js';
import { contactSheet } from './sheet.js';
import { viewsOf } from './views.js';

/** The options as a person types them. */
export interface LookCommand {
  readonly dir: string;
  readonly out: string;
  /** Path of a video from the folder, or a part of it. */
  readonly video?: string;
  readonly question?: string;
  /** Questions that the sheet shows at most. */
  readonly count: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface LookMade {
  readonly out: string;
  readonly questions: readonly string[];
  readonly bytes: number;
}

/** `ruminate data look`: a contact sheet of some questions. */
export async function runLookCommand(command: LookCommand): Promise<LookMade> {
  const { dir, out, count, signal, onProgress } = command;
  if (path.extname(out).toLowerCase() !== '.png')
    throw new UserError(`--out: expected a .png file, got ${out}`);
  const { questions, lookFps } = await readShown(dir);
  const chosen = chosenOf(questions, command).slice(0, count);
  const { reader } = await resolveVideo();
  const all = [];
  for (const shown of chosen) {
    signal?.throwIfAborted();
    all.push(await viewsOf(reader, shown, lookFps, signal));
    onProgress?.({ done: all.length, total: chosen.length });
  }
  // 256 colours are enough for a person, and a quarter of the bytes.
  const png = await sharp(contactSheet(all)).png({ palette: true, effort: 7 }).toBuffer();
  await mkdir(path.dirname(path.resolve(out)), { recursive: true });
  await writeFile(out, png).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${out}: cannot be written: ${why}`, undefined, { cause });
  });
  return { out, questions: chosen.map(({ id }) => id), bytes: png.length };
}

/** A question by its id, those of a video, or one of each task until all have had their turn. */
function chosenOf(questions: readonly Shown[], { dir, video, question }: LookCommand): readonly Shown[] {
  const wanted = questions.filter(
    (one) =>
      (question === undefined || one.id === question) && (video === undefined || one.video.includes(video)),
  );
  if (wanted.length === 0) {
    const what = question === undefined ? `a video like ${video ?? 'any'}` : `the question ${question}`;
    throw new UserError(
      `${dir}: has no question about ${what}`,
      `It has ${counted(questions.length, 'question')}, such as ${questions[0]?.id ?? 'none'}.`,
    );
  }
  if (question !== undefined || video !== undefined) return wanted;
  const turns = new Map<string | null, number>();
  return wanted
    .map((one, at) => {
      const turn = turns.get(one.task) ?? 0;
      turns.set(one.task, turn + 1);
      return { one, at, turn };
    })
    .sort((a, b) => a.turn - b.turn || a.at - b.at)
    .map(({ one }) => one);
}
