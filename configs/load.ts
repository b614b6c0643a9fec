import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { PromptTexts } from '../domain/conversation/spec.js';
import { UserError } from '../domain/failures.js';
import type { Curriculum } from '../domain/curriculum.js';
import { engineProblems } from './engine.js';
import { member } from './keys.js';
import { nearest } from './nearest.js';
import { orderProblems, type Outline } from './order.js';
import { problemsOf, type Problem } from './problems.js';
import { parsePrompt } from './prompt.js';
import { resolve } from './resolve.js';
import { curriculumFile } from './schema.js';
import { stage } from './schema/stages.js';
import { readYaml } from './yaml.js';

/** Reads and checks a curriculum file as a whole. Throws one `UserError` that lists every problem. */
export async function loadCurriculum(path: string): Promise<Curriculum> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new UserError(
      `expected a curriculum file at ${path}, but ${why}`,
      'name a YAML file such as configs/mini.yaml',
      {
        cause,
      },
    );
  }
  return parseCurriculum(text, path);
}

/**
 * A curriculum from YAML text; `fileName` is for messages alone. Throws one `UserError` that lists every
 * problem as `file:line:column`, what was expected, what came, and the nearest valid name.
 */
export function parseCurriculum(text: string, fileName: string): Curriculum {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) throw refusal(fileName, yaml.problems);
  const parsed = curriculumFile.safeParse(yaml.value);
  const order = [
    ...orderProblems(outlines(yaml.value)).map((problem) => ({
      ...problem,
      path: ['stages', ...problem.path],
    })),
    ...engineProblems(yaml.value),
  ].map(({ path, ...problem }) => ({ ...yaml.at(path), ...problem }));
  const problems = [...(parsed.success ? [] : problemsOf(parsed.error.issues, yaml)), ...order];
  if (!parsed.success || problems.length > 0) throw refusal(fileName, problems);
  return resolve(parsed.data, fileName, readPrompt);
}

function readPrompt(file: string): PromptTexts {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError(
      `policy.prompt: expected a prompt file at ${file}, but it cannot be read`,
      'name one, relative to the curriculum file, such as prompts/default.yaml',
      { cause },
    );
  }
  return parsePrompt(text, file);
}

/** The file's stages, so that their order is judged even where some of them have problems of their own. */
function outlines(value: unknown): readonly Outline[] {
  const raw = member(value, 'stages');
  if (!Array.isArray(raw)) return [];
  return raw.map((given: unknown, i): Outline => {
    const parsed = stage.safeParse(given);
    if (parsed.success) return parsed.data;
    const [name, from] = [member(given, 'name'), member(given, 'from')];
    return {
      type: 'unknown',
      name: typeof name === 'string' ? name : `stage ${i + 1}`,
      from: typeof from === 'string' ? from : undefined,
      baseline: member(given, 'baseline') === true,
    };
  });
}

/** One message that lists every problem of a file, in the order of its lines. */
export function refusal(fileName: string, problems: readonly Problem[]): UserError {
  const lines = [...problems]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map((problem) => `${fileName}:${problem.line}:${problem.column}: ${withNearest(problem)}`);
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new UserError(
    `${fileName} has ${count}:\n  ${lines.join('\n  ')}`,
    'mend the file and start again; nothing was started',
  );
}

function withNearest(problem: Problem): string {
  const { message, wrote, candidates } = problem;
  if (wrote === undefined || candidates === undefined) return message;
  const near = nearest(wrote, candidates);
  return near === null ? message : `${message}; did you mean "${near}"?`;
}
