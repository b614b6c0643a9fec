import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PromptTexts } from '../domain/conversation/spec.js';
import { UserError } from '../domain/failures.js';
import { readYaml } from './yaml.js';

const words = z.string().trim().min(1);
const schema = z.strictObject({
  tools: words,
  text: words,
  opening: words,
  question: words.refine((text) => text.includes('{question}'), 'has no {question} in it'),
  final: words,
  shots: z.array(z.strictObject({ user: words, assistant: words })).default([]),
});

/** Reads a prompt file. Throws a UserError that says what is wrong, and where. */
export async function loadPrompt(file: string): Promise<PromptTexts> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(`expected a prompt file at ${file}, but it cannot be read`, 'check --prompt', {
      cause,
    });
  });
  return parsePrompt(text, file);
}

/** A prompt from YAML text; `file` is for messages alone. */
export function parsePrompt(text: string, file: string): PromptTexts {
  const yaml = readYaml(text);
  const [problem] = yaml.problems;
  if (problem !== undefined) throw wrong(file, problem.line, problem.column, problem.message);
  const parsed = schema.safeParse(yaml.value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const { line, column } = yaml.at(path);
  throw wrong(file, line, column, `${path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}`);
}

function wrong(file: string, line: number, column: number, message: string): UserError {
  return new UserError(
    `${file}:${line}:${column}: ${message}`,
    'compare it with configs/prompts/default.yaml, which has every key',
  );
}
