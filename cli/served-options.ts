import { Option, type Command } from 'commander';
import type { ChatProtocol, LocalModel, View } from '../domain/conversation/spec.js';
import { UserError } from '../domain/failures.js';
import { countingNumber, rate, temperature, wholeNumber } from './values.js';

/** How a model is asked, as options of a command. */
export interface ServedOptions {
  readonly engine?: 'openai' | 'torch';
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
  readonly pictures?: View['format'];
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
  readonly device?: LocalModel['device'];
  readonly dtype?: LocalModel['dtype'];
  readonly threads?: number;
}

/** Pixels of a patch of Qwen2.5-VL, which is one token: sizes are multiples of it. */
const PATCH = 28 * 28;
const SERVED = 'A model behind a server, or in a folder:';
export const FPS = 1;
export const FRAMES = 16;
/** Tokens that all messages of a conversation may have, for each of one message. */
export const MESSAGES_OF_TOKENS = 8;

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
      new Option(
        '--engine <engine>',
        'openai: a model behind OpenAI-compatible servers; torch: one in a folder, in a Python process',
      ).choices(['openai', 'torch']),
    ),
  );
  add(
    '--base-url <url...>',
    'address of a server, ending in /v1; several share the work (default: OPENAI_BASE_URL)',
  );
  add('--endpoints <file>', 'endpoints with weights, limits, keys and prices, as YAML: see docs/models.md');
  add('--model <model>', 'model (default: the one that the server lists); of --engine torch its folder');
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
    group(
      new Option('--pictures <format>', 'how pictures are sent (default: jpeg; png to --engine torch)'),
    ).choices(['jpeg', 'png']),
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
    'tokens of prompt and message together (default: what the server or the folder says); a longer prompt is not sent',
    countingNumber,
  );
  add('--temperature <t>', '0 takes the most probable token', temperature, 0);
  add('--seed <seed>', 'sent to the server, which may heed it; --engine torch draws by it', wholeNumber);
  add('--log-probs', 'keep the log-probabilities of tokens where the server offers them');
  add('--connect-timeout <seconds>', 'until a connection stands', countingNumber, 10);
  add('--first-token-timeout <seconds>', 'until the first token', countingNumber, 180);
  add('--token-timeout <seconds>', 'from one token to the next', countingNumber, 60);
  const choice = (flags: string, description: string, choices: readonly string[]): void => {
    command.addOption(group(new Option(flags, description)).choices(choices));
  };
  choice('--device <device>', 'of --engine torch (default: cpu)', ['cpu', 'cuda']);
  choice('--dtype <dtype>', 'of --engine torch (default: fp32 on a CPU, bf16 on CUDA)', ['fp32', 'bf16']);
  add('--threads <n>', 'of --engine torch, on a CPU (default: 2)', countingNumber);
  return command;
}

/** Whether a model that was not trained here is meant: by its engine, or because a server is named. */
export function isServed({ engine, baseUrl, endpoints }: ServedOptions): boolean {
  return engine !== undefined || baseUrl !== undefined || endpoints !== undefined;
}

/** Options that one engine alone heeds. A policy of a torch run has its own view, prompt and lengths. */
const OF_SERVERS = [
  ...['--base-url', '--endpoints', '--key-variable', '--concurrency'],
  ...['--connect-timeout', '--first-token-timeout', '--token-timeout'],
];
const OF_FOLDERS = ['--device', '--dtype', '--threads'];
const OF_TRAINED = ['--temperature', '--seed', '--log-probs', '--device', '--threads'];

/** Throws a UserError where an option was typed that the engine does not heed. */
export function refuseOptionsOf(command: Command, engine: 'openai' | 'torch' | 'trained'): void {
  const names = typed(
    command,
    ({ long, helpGroupHeading }) =>
      helpGroupHeading === SERVED &&
      (engine === 'openai'
        ? OF_FOLDERS.includes(long ?? '')
        : engine === 'torch'
          ? OF_SERVERS.includes(long ?? '')
          : !OF_TRAINED.includes(long ?? '')),
  );
  if (names.length > 0)
    throw new UserError(
      {
        openai: `${names.join(', ')}: how --engine torch computes; a server computes as it likes`,
        torch: `${names.join(', ')}: of a model behind a server, and --engine torch asks one in a folder`,
        trained: `${names.join(', ')}: a policy that was trained here is asked as it was trained, and heeds of these options only ${OF_TRAINED.join(', ')}`,
      }[engine],
      'leave that out',
    );
  if (engine === 'torch' && command.getOptionValue('protocol') === 'tools')
    throw new UserError(
      '--protocol tools: the torch engine has no tool calls, its models write them as text',
      'leave that out, or say --protocol text',
    );
}

function typed(command: Command, which: (option: Option) => boolean): readonly string[] {
  return command.options
    .filter((option) => which(option) && command.getOptionValueSource(option.attributeName()) === 'cli')
    .map(({ long, flags }) => long ?? flags);
}

/**
 * Throws a UserError where an option was typed that only a model heeds that was not trained here, but none is named.
 * @param also options of the command itself that belong there
 */
export function refuseServedOptions(command: Command, also: readonly string[] = []): void {
  const names = typed(
    command,
    ({ long, helpGroupHeading }) => helpGroupHeading === SERVED || also.includes(long ?? ''),
  );
  if (names.length === 0) return;
  throw new UserError(
    `${names.join(', ')}: the embedded policies that were trained here do not heed ${names.length === 1 ? 'it' : 'them'}, only other models`,
    'name a server with --base-url URL, a folder with --engine torch --model FOLDER, or a run of the torch engine',
  );
}

/** Throws a UserError where an option was typed that chooses a policy trained here, beside another model. */
export function refuseTrainedOptions(command: Command, own: readonly string[]): void {
  const [name] = typed(command, ({ long }) => own.includes(long ?? ''));
  if (name === undefined) return;
  throw new UserError(
    `${name} chooses a policy that was trained here, and another model is named as well`,
    'leave one of them out',
  );
}
