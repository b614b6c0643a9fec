import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { EndpointSpec } from '../domain/conversation/spec.js';
import { UserError } from '../domain/failures.js';
import { readYaml } from './yaml.js';

/** An endpoint as a person names it. What is not said is decided by whoever starts the run. */
export interface EndpointChoice extends Omit<EndpointSpec, 'model' | 'keyVariable'> {
  readonly model: string | null;
  /** `undefined`: not said; null: none is sent. */
  readonly keyVariable: string | null | undefined;
}

const DEFAULTS = { weight: 1, concurrency: 4 };

const price = z.number().nonnegative();
const schema = z.strictObject({
  endpoints: z
    .array(
      z.strictObject({
        url: z.string(),
        model: z.string().min(1).optional(),
        key: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is the name of an environment variable, never a key itself')
          .nullable()
          .optional(),
        weight: z.number().positive().default(DEFAULTS.weight),
        concurrency: z.int().positive().max(1024).default(DEFAULTS.concurrency),
        prices: z.strictObject({ prompt: price, cached: price.optional(), completion: price }).optional(),
      }),
    )
    .min(1),
});

/** Reads an endpoints file (docs/models.md). Throws a UserError that says what is wrong, and where. */
export async function loadEndpoints(file: string): Promise<readonly EndpointChoice[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(`expected an endpoints file at ${file}, but it cannot be read`, 'check --endpoints', {
      cause,
    });
  });
  const yaml = readYaml(text);
  const [problem] = yaml.problems;
  if (problem !== undefined) throw wrong(file, problem, problem.message);
  const parsed = schema.safeParse(yaml.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw wrong(
      file,
      yaml.at(issue?.path ?? []),
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
    );
  }
  return parsed.data.endpoints.map(({ url, model, key, prices, ...limits }) => ({
    ...limits,
    url: baseUrl(url),
    model: model ?? null,
    keyVariable: key,
    prices: prices === undefined ? null : { ...prices, cached: prices.cached ?? prices.prompt },
  }));
}

/** An endpoint of which only the address is said. */
export function endpointAt(url: string, concurrency?: number): EndpointChoice {
  return {
    ...DEFAULTS,
    ...(concurrency === undefined ? {} : { concurrency }),
    url: baseUrl(url),
    model: null,
    keyVariable: undefined,
    prices: null,
  };
}

/** The address without a trailing slash. One with credentials in it is refused: it would be written down. */
function baseUrl(text: string): string {
  const hint = 'expected such as http://127.0.0.1:8000/v1';
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UserError(`"${text}" is no http(s) address`, hint);
  if (url.username !== '' || url.password !== '' || url.search !== '')
    throw new UserError(
      `the address of ${url.host} has credentials or parameters in it, which would be written down with the run`,
      'put the key into an environment variable, and name the variable with --key-variable',
    );
  return url.href.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
}

function wrong(file: string, { line, column }: { line: number; column: number }, message: string): UserError {
  return new UserError(
    `${file}:${line}:${column}: ${message}`,
    'see docs/models.md for the form of the file',
  );
}
