import type { z } from 'zod';
import { keysAt, member } from './keys.js';
import type { Place, Yaml } from './yaml.js';

/** One thing wrong with a file; `wrote` and `candidates` let the nearest valid name be offered. */
export interface Problem extends Place {
  readonly message: string;
  readonly wrote?: string;
  readonly candidates?: readonly string[];
}

/** A kind of file, for its messages: `a curriculum` and its schema unless told. */
export interface FileKind {
  readonly schema: z.ZodType;
  readonly noun: string;
}

/** What the schema found, in words and with places. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  yaml: Yaml,
  kind?: FileKind,
): readonly Problem[] {
  return issues.flatMap((issue) => {
    const found = issue.path.reduce<unknown>(member, yaml.value);
    const where = `\`${dotted(issue.path)}\``;
    const place = yaml.at(issue.path);
    switch (issue.code) {
      case 'unrecognized_keys': {
        const valid = keysAt(yaml.value, issue.path, kind?.schema);
        const inside = issue.path.length === 0 ? (kind?.noun ?? 'a curriculum') : where;
        return issue.keys.map((key) => ({
          ...yaml.atKey(issue.path, key),
          message: `unknown key \`${key}\` in ${inside}, which has ${valid.join(', ')}`,
          wrote: key,
          candidates: valid,
        }));
      }
      case 'invalid_value': {
        return [choiceProblem(place, where, found, issue.values.map(String))];
      }
      case 'invalid_union': {
        const values = 'options' in issue && issue.options ? issue.options.map(String) : [];
        return [choiceProblem(place, where, found, values)];
      }
      case 'invalid_type':
        return [
          found === undefined
            ? { ...place, message: `${where} is missing: expected ${typeWords(issue.expected)}` }
            : { ...place, message: `${where}: expected ${typeWords(issue.expected)}, got ${shown(found)}` },
        ];
      case 'too_small':
        return [
          {
            ...place,
            message: outside(
              where,
              issue.inclusive ? 'at least' : 'more than',
              issue.minimum,
              issue.origin,
              found,
            ),
          },
        ];
      case 'too_big':
        return [
          {
            ...place,
            message: outside(
              where,
              issue.inclusive ? 'at most' : 'less than',
              issue.maximum,
              issue.origin,
              found,
            ),
          },
        ];
      case 'custom':
      case 'invalid_format':
        return [{ ...place, message: `${where}: ${issue.message}` }];
      case 'not_multiple_of':
      case 'invalid_key':
      case 'invalid_element':
        return [{ ...place, message: `${where}: ${issue.message}, got ${shown(found)}` }];
      default:
        return issue satisfies never;
    }
  });
}

function choiceProblem(place: Place, where: string, found: unknown, values: readonly string[]): Problem {
  if (found === undefined) return { ...place, message: `${where} is missing: expected ${oneOf(values)}` };
  const problem = { ...place, message: `${where}: expected ${oneOf(values)}, got ${shown(found)}` };
  return typeof found === 'string' ? { ...problem, wrote: found, candidates: values } : problem;
}

function outside(
  where: string,
  bound: string,
  limit: number | bigint,
  origin: string,
  found: unknown,
): string {
  if (origin === 'string') return `${where}: expected text that is not blank, got ${shown(found)}`;
  if (origin === 'array') return `${where}: expected ${bound} ${limit} entries, got ${shown(found)}`;
  return `${where}: expected a number of ${bound} ${limit}, got ${shown(found)}`;
}

/** `stages[2].objective.kl` */
function dotted(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `one of ${values.join(', ')}`;
}

function typeWords(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'keys and values',
  };
  return words[expected] ?? expected;
}

/** A value as a person wrote it, cut to a length that fits a message. */
function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'keys and values';
  const text = typeof value === 'number' ? value.toString() : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
