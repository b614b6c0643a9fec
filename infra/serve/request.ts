import { z } from 'zod';
import { badRequest } from './errors.js';

const text = z.object({ type: z.literal('text'), text: z.string() });
const picture = z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) });
const parts = z.union([z.string(), z.array(z.discriminatedUnion('type', [text, picture]))]);
const words = z.union([z.string(), z.array(text)]);

const call = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content: words }),
  z.object({ role: z.literal('user'), content: parts }),
  z.object({
    role: z.literal('assistant'),
    content: words.nullish(),
    tool_calls: z.array(call).nullish(),
  }),
  z.object({ role: z.literal('tool'), tool_call_id: z.string(), content: parts }),
]);

const tool = z.object({
  type: z.literal('function'),
  function: z.object({ name: z.string() }),
});

const penalty = z.literal(0, 'this policy is drawn without penalties: expected 0').nullish();

/**
 * What may be asked of `/v1/chat/completions`. A parameter that would change the answer and cannot be honoured is
 * refused by name; those that only describe the request are read over.
 */
const chatRequest = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1).max(256),
  tools: z.array(tool).max(64).nullish(),
  tool_choice: z
    .enum(['auto', 'none'], 'expected "auto" or "none" (answer now): the policy chooses its own looks')
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z
    .number()
    .max(2)
    .refine((value) => value === 0 || value >= 0.01, 'expected 0 (the most probable) or 0.01 to 2')
    .nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z
    .literal(0, 'only the tokens that were said have log-probabilities here: expected 0')
    .nullish(),
  max_tokens: z.int().min(7, 'a turn takes up to 7 tokens, and part of one says nothing').nullish(),
  max_completion_tokens: z
    .int()
    .min(7, 'a turn takes up to 7 tokens, and part of one says nothing')
    .nullish(),
  n: z.literal(1, 'one answer a request: expected 1').nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  response_format: z.object({ type: z.literal('text', 'expected "text"') }).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  safety_identifier: z.string().nullish(),
});

export type ChatRequest = z.output<typeof chatRequest>;
export type Message = ChatRequest['messages'][number];

/** The request behind a parsed body; the first thing wrong with it is a RequestError that says where. */
export function readRequest(body: unknown): ChatRequest {
  const read = chatRequest.safeParse(body);
  if (read.success) return read.data;
  const issue = deepest(read.error.issues[0]!);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const at = [...issue.path, ...(unknown === undefined ? [] : [unknown])].join('.');
  throw badRequest(
    unknown === undefined
      ? `${at === '' ? 'the body' : at}: ${issue.message}`
      : `${at} is not a parameter that this server knows`,
    at,
    unknown === undefined ? undefined : 'unknown_parameter',
  );
}

type Issue = z.core.$ZodIssue;

/** Of a value that fits none of several forms, what was wrong by the form that came nearest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const nearest = issue.errors
    .map((issues) => issues[0]!)
    .reduce((a, b) => (b.path.length > a.path.length ? b : a));
  return deepest({ ...nearest, path: [...issue.path, ...nearest.path] });
}
