import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Decision } from '../../domain/curation/decisions.js';
import type { DataManifest, QuestionRecord } from '../../domain/data/records.js';
import { UserError } from '../../domain/failures.js';

const text = z.string().refine((value) => value.trim() !== '', 'expected text that is not blank');
const box01 = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const source = z.object({ form: z.string(), fields: z.record(z.string(), z.unknown()) });

const question = z.object({
  id: text,
  video: text.refine(staysInside, 'expected a path that stays below the folder of the videos'),
  question: text,
  answers: z.array(text).min(1, 'expected at least one answer, got none'),
  options: z.array(z.string()).optional(),
  split: z.string().optional(),
  task: z.string().optional(),
  evidence: z
    .array(
      z.object({
        startSec: z.number(),
        endSec: z.number(),
        text: z.string().optional(),
        boxes: z.array(z.object({ sec: z.number(), box01 })),
      }),
    )
    .optional(),
  source: source.optional(),
});

const action = z.discriminatedUnion('tool', [
  z.object({ tool: z.literal('clip'), targetFrames: z.array(z.number()) }),
  z.object({ tool: z.literal('crop'), targetFrame: z.number(), bbox01: box01 }),
  z.object({ tool: z.literal('answer'), text: z.string() }),
]);

const trajectory = z.object({
  id: text,
  video: text,
  question: text,
  questionId: z.string().nullable(),
  answers: z.array(z.string()).min(1),
  style: z.enum(['drp', 'crp', 'given']),
  fps: z.number().positive(),
  turns: z
    .array(
      z.object({
        thought: z.string(),
        action,
        reads: z.array(z.object({ text: z.string(), frame: z.number(), box01: box01.nullable() })).optional(),
      }),
    )
    .min(1),
  provenance: z.object({
    source: source.optional(),
    steps: z.array(z.object({ step: z.string(), version: z.string(), sha256: z.string() })),
    review: z.object({ decision: z.enum(['accepted', 'mended']), by: z.string() }).optional(),
  }),
});

const decision = z
  .object({
    id: text,
    decision: z.enum(['accepted', 'rejected', 'mended']),
    why: z.string().optional(),
    trajectory: trajectory.optional(),
    by: z.string(),
    at: z.string(),
  })
  .refine((one) => one.decision !== 'mended' || one.trajectory !== undefined, {
    path: ['trajectory'],
    message: 'expected the mended trajectory',
  })
  .refine((one) => one.trajectory === undefined || one.trajectory.id === one.id, {
    path: ['trajectory', 'id'],
    message: 'expected the id of the decision',
  });

const manifest = z.object({
  version: z.literal(1),
  form: z.string(),
  videoRoot: z.string().optional(),
  madeBy: z.record(z.string(), z.string()),
});

/** Records of a JSONL file, and a sentence with its line number for each line that is none. */
export interface Lines<T> {
  readonly records: readonly { readonly line: number; readonly record: T }[];
  readonly refused: readonly string[];
}

/** Throws a UserError where there is no such file, or it cannot be read. */
export async function readQuestions(dir: string): Promise<Lines<QuestionRecord>> {
  const file = path.join(dir, 'questions.jsonl');
  const found = linesOf<QuestionRecord>('questions.jsonl', await readText(file, 'questions'), question);
  const first = new Map<string, number>();
  const refused = [...found.refused];
  const records = found.records.filter(({ line, record: { id } }) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, line);
    else refused.push(`questions.jsonl:${line}: the id "${id}" stands in line ${before} already`);
    return before === undefined;
  });
  return { records, refused };
}

export async function readDecisions(file: string): Promise<Lines<Decision>> {
  return linesOf<Decision>(path.basename(file), await readText(file, 'decisions'), decision);
}

/** Folder of the videos: where `data.json` says, or the data folder itself. */
export async function videoRootOf(dir: string): Promise<string> {
  const file = path.join(dir, 'data.json');
  const bytes = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unreadable(file, 'a data manifest', error);
  });
  if (bytes === null) return dir;
  const parsed = manifest.safeParse(jsonOr(bytes));
  if (!parsed.success)
    throw new UserError(`${file}: is no data manifest: ${said(parsed.error)}`, 'mend or remove it');
  const { videoRoot } = parsed.data satisfies { [K in keyof DataManifest]: unknown };
  return videoRoot === undefined ? dir : path.resolve(dir, videoRoot);
}

function linesOf<T>(name: string, content: string, schema: z.ZodType): Lines<T> {
  const records: { line: number; record: T }[] = [];
  const refused: string[] = [];
  for (const [index, row] of content.split('\n').entries()) {
    if (row.trim() === '') continue;
    const value = jsonOr(row);
    const parsed = schema.safeParse(value);
    if (parsed.success) records.push({ line: index + 1, record: parsed.data as T });
    else refused.push(`${name}:${index + 1}: ${value === undefined ? 'is no JSON' : said(parsed.error)}`);
  }
  return { records, refused };
}

/** The first problem: `answers: expected at least one answer, got none`. */
function said(error: z.ZodError): string {
  const issue = error.issues[0];
  const where = issue?.path.map(String).join('.') ?? '';
  return `${where === '' ? '' : `${where}: `}${issue?.message ?? 'cannot be understood'}`;
}

async function readText(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, what, error);
  });
}

function unreadable(file: string, what: string, error: NodeJS.ErrnoException): UserError {
  const why = error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code ?? ''})`;
  return new UserError(`expected ${what} at ${file}, but ${why}`, 'check the path', { cause: error });
}

function jsonOr(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function staysInside(video: string): boolean {
  return (
    !/^([/\\]|[A-Za-z]:)/.test(video) &&
    !video.includes('\0') &&
    video.split(/[/\\]/).every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
