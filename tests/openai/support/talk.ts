import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { SampleRequest } from '../../../activities/policy-engine.js';
import type { ConversationTurn, ShownPicture, SpokenMessage } from '../../../domain/conversation/records.js';
import { NOTHING_SPENT } from '../../../domain/conversation/ledger.js';
import type {
  ChatProtocol,
  ChatSampling,
  EndpointSpec,
  PromptTexts,
  ServedModel,
} from '../../../domain/conversation/spec.js';
import { ChatClient } from '../../../infra/openai/client.js';
import { OpenAiEngine } from '../../../infra/openai/engine.js';
import { keysOfEnvironment } from '../../../infra/openai/keys.js';
import { EndpointPool } from '../../../infra/openai/pool.js';

export const PROMPT = parse(readFileSync('configs/prompts/default.yaml', 'utf8')) as PromptTexts;

/** A PNG of one pixel: servers of tests do not look. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

export function endpoint(url: string, more: Partial<EndpointSpec> = {}): EndpointSpec {
  return { url, model: 'tiny-vl', keyVariable: null, weight: 1, concurrency: 4, prices: null, ...more };
}

export function served(endpoints: readonly EndpointSpec[], more: Partial<ServedModel> = {}): ServedModel {
  const timeouts = { connectMs: 20_000, firstTokenMs: 60_000, betweenTokensMs: 60_000 };
  return { type: 'openai', endpoints, protocol: 'auto', timeouts, tries: 3, ...more };
}

export function engineFor(
  endpoints: readonly EndpointSpec[],
  more: Partial<ServedModel> = {},
  env: Readonly<Record<string, string>> = {},
): OpenAiEngine {
  const model = served(endpoints, more);
  return new OpenAiEngine(model, new ChatClient(model.timeouts, keysOfEnvironment(env)), new EndpointPool());
}

export function picture(frame: number, more: Partial<ShownPicture> = {}): ShownPicture {
  const size = { widthPx: 320, heightPx: 180 };
  const ref = {
    uri: `s3://test/${frame}`,
    sha256: `picture-${frame}`,
    bytes: PIXEL.length,
    kind: 'pictures',
  } as const;
  return {
    ...size,
    ref,
    mime: 'image/png',
    frame,
    sec: frame - 1,
    box01: null,
    native: { widthPx: 1280, heightPx: 720 },
    ...more,
  };
}

export function request({
  turns = [],
  final = false,
  protocol = 'tools',
  sampling = {},
  question = 'What does the sign say?',
  ...more
}: {
  readonly turns?: readonly ConversationTurn[];
  readonly final?: boolean;
  readonly protocol?: ChatProtocol;
  readonly sampling?: Partial<ChatSampling>;
  readonly question?: string;
} & Partial<Pick<SampleRequest, 'key' | 'onWaste' | 'wasted'>> = {}): SampleRequest {
  return {
    conversation: {
      prompt: PROMPT,
      protocol,
      budget: { maxLooks: 3, maxTurns: 5, maxTokens: 4096 },
      opening: {
        question: { id: 'q', video: '/videos/sign.mp4', question, answers: [] },
        video: { durationSec: 8, fps: 1, frames: 8, widthPx: 1280, heightPx: 720 },
        overview: [picture(2), picture(6)],
      },
      turns,
      final,
    },
    sampling: { temperature: 0, topP: 1, maxTokens: 256, seed: null, logProbs: false, ...sampling },
    key: 'test',
    picture: async () => PIXEL,
    ...more,
  };
}

export function spoken(more: Partial<SpokenMessage>): SpokenMessage {
  return {
    thought: null,
    action: null,
    text: '',
    native: false,
    final: false,
    logProbs: null,
    protocol: 'tools',
    by: { url: 'http://test/v1', model: 'tiny-vl' },
    spent: NOTHING_SPENT,
    timeMs: 1,
    ...more,
  };
}
