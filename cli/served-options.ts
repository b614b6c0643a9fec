import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { EndpointChoice } from '../configs/endpoints.js';
import type { AnswerSpec, ChatProtocol, EndpointSpec, View } from '../domain/conversation/spec.js';
import { UserError } from '../domain/failures.js';
import { err } from './say.js';
import { countingNumber, rate, temperature, wholeNumber } from './values.js';

/** How a served model is asked, as options of a command. */
export interface ServedOptions {
  readonly engine?: 'openai';
  readonly baseUrl?: readonly string[];
  readonly endpoints?: string;
  readonly model?: string;
  readonly keyVariable?: string;
  readonly protocol: ChatProtocol | 'auto';
  readonly prompt?: string;
  readonly concurrency?: number;
  readonly fps?: number;
  readonly frames?: number;
  readonly overviewPixels: number;
  readonly clipPixels: number;
  readonly cropPixels: number;
  readonly pictures: View['format'];
  readonly maxLooks: number;
  readonly maxTurns: number;
  readonly maxTokens: number;
  readonly contextTokens?: number;
  readonly temperature: number;
  readonly seed?: number;
  readonly logProbs?: boolean;
  readonly connectTimeout: number;
  readonly firstTokenTimeout: number;
  readonly tokenTimeout: number;
}

/** Pixels of a patch of Qwen2.5-VL, which is one token: sizes are multiples of it. */
const PATCH = 28 * 28;
const SERVED = 'A model behind a server:';
const FPS = 1;
const FRAMES = 16;
/** Tokens that all messages of a conversation may have, for each of one message. */
const MESSAGES_OF_TOKENS = 8;

export function addServedOptions(command: Command): Command {
  const group = (option: Option): Option => option.helpGroup(SERVED);
  const add = (
    flags: string,
    description: string,
    parse?: (text: string) => number,
    value?: number,
  ): void => {
    const option = group(new Option(flags, description));
    if (parse !== undefined) option.argParser(parse);
    if (value !== undefined) option.default(value);
    command.addOption(option);
  };
  command.addOption(
    group(
      new Option('--engine <engine>', 'openai: a model behind OpenAI-compatible servers').choices(['openai']),
    ),
  );
  add(
    '--base-url <url...>',
    'address of a server, ending in /v1; several share the work (default: OPENAI_BASE_URL)',
  );
  add('--endpoints <file>', 'endpoints with weights, limits, keys and prices, as YAML: see docs/models.md');
  add('--model <model>', 'model (default: the one that the server lists)');
  add('--key-variable <name>', 'environment variable of the key (default: OPENAI_API_KEY, where it is set)');
  command.addOption(
    group(new Option('--protocol <protocol>', 'how the model asks for a look'))
      .choices(['auto', 'tools', 'text'])
      .default('auto'),
  );
  add('--prompt <file>', 'what the model is told (default: configs/prompts/default.yaml)');
  add('--concurrency <n>', 'calls at once, at most, of each --base-url (default: 4)', countingNumber);
  add('--fps <fps>', 'rate at which frames are numbered (default: 1)', rate);
  add(
    '--frames <n>',
    `frames of the overview, spread over the video (default: ${FRAMES}, or what the server lists)`,
    countingNumber,
  );
  add('--overview-pixels <n>', 'pixels of an overview frame, at most', countingNumber, 128 * PATCH);
  add('--clip-pixels <n>', 'pixels of a clip’s frame, at most', countingNumber, 512 * PATCH);
  add('--crop-pixels <n>', 'pixels of a crop, at most', countingNumber, 768 * PATCH);
  command.addOption(
    group(new Option('--pictures <format>', 'how pictures are sent'))
      .choices(['jpeg', 'png'])
      .default('jpeg'),
  );
  add('--max-looks <n>', 'looks, at most; then the model must answer', wholeNumber, 6);
  add('--max-turns <n>', 'messages, at most, the answer among them', countingNumber, 10);
  add(
    '--max-tokens <n>',
    `tokens of one message, at most; all together ${MESSAGES_OF_TOKENS} times that`,
    countingNumber,
    1024,
  );
  add(
    '--context-tokens <n>',
    'tokens of prompt and message together (default: what the server lists); a longer prompt is not sent',
    countingNumber,
  );
  add('--temperature <t>', '0 takes the most probable token', temperature, 0);
  add('--seed <seed>', 'sent to the server, which may heed it', wholeNumber);
  add('--log-probs', 'keep the log-probabilities of tokens where the server offers them');
  add('--connect-timeout <seconds>', 'until a connection stands', countingNumber, 10);
  add('--first-token-timeout <seconds>', 'until the first token', countingNumber, 180);
  add('--token-timeout <seconds>', 'from one token to the next', countingNumber, 60);
  return command;
}

/** Whether a served model is meant: by its name, or because a server is named. */
export function isServed({ engine, baseUrl, endpoints }: ServedOptions): boolean {
  return engine !== undefined || baseUrl !== undefined || endpoints !== undefined;
}

/**
 * Throws a UserError where an option was typed that only a model behind a server heeds, but none is named.
 * @param also options of the command itself that belong there
 */
export function refuseServedOptions(command: Command, also: readonly string[] = []): void {
  const typed = command.options.filter(
    (option) =>
      (option.helpGroupHeading === SERVED || also.includes(option.long ?? '')) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (typed.length === 0) return;
  const names = typed.map(({ long, flags }) => long ?? flags).join(', ');
  throw new UserError(
    `${names}: the policies that were trained here do not heed ${typed.length === 1 ? 'it' : 'them'}, only models behind a server`,
    'name the server with --base-url URL, or leave that out',
  );
}

/** Throws a UserError where an option was typed that chooses a policy trained here, beside a server. */
export function refuseTrainedOptions(command: Command, own: readonly string[]): void {
  const typed = command.options.find(
    (option) =>
      own.includes(option.long ?? '') && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (typed === undefined) return;
  throw new UserError(
    `${typed.long!} chooses a policy that was trained here, and a server is named as well`,
    'leave one of them out',
  );
}

/** What is asked of whom; looks at the endpoints first. Throws a UserError that names the option to mend. */
export async function specFrom(options: ServedOptions): Promise<AnswerSpec> {
  const { loadPrompt } = await import('../configs/prompt.js');
  const { projectRoot } = await import('../infra/setup/paths.js');
  const { preflight } = await import('../infra/openai/preflight.js');
  const { limitsOf } = await import('../infra/openai/listed.js');
  const prompt = await loadPrompt(
    options.prompt ?? join(projectRoot(), 'configs', 'prompts', 'default.yaml'),
  );
  const timeouts = {
    connectMs: options.connectTimeout * 1000,
    firstTokenMs: options.firstTokenTimeout * 1000,
    betweenTokensMs: options.tokenTimeout * 1000,
  };
  const conventional = process.env['OPENAI_API_KEY'] ? 'OPENAI_API_KEY' : null;
  const wishes = (await choices(options)).map((choice) => ({
    ...choice,
    model: choice.model ?? options.model ?? null,
    keyVariable:
      choice.keyVariable === undefined ? (options.keyVariable ?? conventional) : choice.keyVariable,
  }));
  const { endpoints, warnings } = await preflight(wishes, timeouts);
  for (const warning of warnings) err(`warning: ${warning}`);
  const fitted = fit(options, limitsOf(endpoints), endpoints);
  return {
    engine: {
      ...{ type: 'openai', endpoints, protocol: options.protocol, timeouts, tries: 6 },
      ...(options.contextTokens === undefined ? {} : { contextTokens: options.contextTokens }),
    },
    sampling: {
      temperature: options.temperature,
      topP: 1,
      maxTokens: options.maxTokens,
      seed: options.seed ?? null,
      logProbs: options.logProbs === true,
    },
    budget: {
      ...fitted.turns,
      maxTokens: options.maxTokens * MESSAGES_OF_TOKENS,
    },
    view: {
      ...fitted.frames,
      overviewPixels: options.overviewPixels,
      clipPixels: options.clipPixels,
      cropPixels: options.cropPixels,
      format: options.pictures,
    },
    prompt,
  };
}

/** What was asked for, within what the servers list. What they would refuse is refused here, by its option's name. */
function fit(
  { fps, frames, maxLooks, maxTurns }: ServedOptions,
  limits: { readonly overviewFrames: number | null; readonly maxLooks: number | null },
  endpoints: readonly EndpointSpec[],
): {
  readonly frames: Pick<View, 'fps' | 'frames'>;
  readonly turns: { readonly maxLooks: number; readonly maxTurns: number };
} {
  const { overviewFrames } = limits;
  const most = limits.maxLooks ?? maxLooks;
  // A call that was refused counts as well with a server that has a limit.
  const turns = {
    maxLooks: Math.min(maxLooks, most),
    maxTurns: limits.maxLooks === null ? maxTurns : Math.min(maxTurns, most + 1),
  };
  if (overviewFrames === null) return { frames: { fps: fps ?? FPS, frames: frames ?? FRAMES }, turns };
  const { model, url } = endpoints.find(({ listed }) => listed?.overviewFrames != null)!;
  const takes = `${model} at ${url} takes an overview of ${overviewFrames} frames, and knows no others`;
  if (frames !== undefined && frames !== overviewFrames)
    throw new UserError(`--frames ${frames}: ${takes}`, `leave --frames out, or say ${overviewFrames}`);
  if (fps !== undefined)
    throw new UserError(`--fps ${fps}: ${takes}: each video is numbered so`, 'leave --fps out');
  return { frames: { fps: null, frames: overviewFrames }, turns };
}

async function choices({
  baseUrl,
  endpoints,
  concurrency,
}: ServedOptions): Promise<readonly EndpointChoice[]> {
  const { endpointAt, loadEndpoints } = await import('../configs/endpoints.js');
  if (endpoints !== undefined && baseUrl !== undefined)
    throw new UserError('--endpoints and --base-url both name servers', 'name them in one of the two places');
  if (endpoints !== undefined) return loadEndpoints(endpoints);
  const urls = baseUrl ?? (process.env['OPENAI_BASE_URL'] ? [process.env['OPENAI_BASE_URL']] : []);
  if (urls.length === 0)
    throw new UserError(
      '--engine openai: no server is named',
      'name one with --base-url URL, --endpoints FILE or OPENAI_BASE_URL',
    );
  return urls.map((url) => endpointAt(url, concurrency));
}
