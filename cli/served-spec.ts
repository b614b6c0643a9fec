import { join } from 'node:path';
import type { EndpointChoice } from '../configs/endpoints.js';
import type { AnswerSpec, EndpointSpec, View } from '../domain/conversation/spec.js';
import { UserError } from '../domain/failures.js';
import { err } from './say.js';
import { FPS, FRAMES, MESSAGES_OF_TOKENS, type ServedOptions } from './served-options.js';

/**
 * What is asked of whom; looks at the endpoints, or at the folder, first. Throws a UserError that names the option to
 * mend.
 */
export async function specFrom(options: ServedOptions): Promise<AnswerSpec> {
  if (options.engine !== 'torch') return servedSpec(options);
  const { localSpec } = await import('./local-spec.js');
  return localSpec(options);
}

async function servedSpec(options: ServedOptions): Promise<AnswerSpec> {
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
      format: options.pictures ?? 'jpeg',
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
