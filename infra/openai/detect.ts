import sharp from 'sharp';
import type { Served } from '../../activities/policy-engine.js';
import type { ShownPicture } from '../../domain/conversation/records.js';
import type { ChatSampling, EndpointSpec, ServedModel } from '../../domain/conversation/spec.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { adapts } from './adapt.js';
import type { ChatClient } from './client.js';
import type { Completion } from './completion.js';
import { CallFailure } from './failures.js';
import type { EndpointPool } from './pool.js';

/**
 * Finds out what an endpoint's model can do: what its server lists of it, else by up to three calls with a small
 * picture: with tools, without tools, without the picture. A server that takes tools but whose model answers in text speaks the text protocol, in which
 * such calls are read. Throws a UserError where it has no vision, or refuses the tools that are wanted.
 *
 * @param wanted `text`: the tools will not be used, whatever the server can do
 */
export async function detect(
  client: ChatClient,
  pool: EndpointPool,
  endpoint: EndpointSpec,
  wanted: ServedModel['protocol'],
  signal?: AbortSignal,
): Promise<Served> {
  const listed = await client.models(endpoint, signal).catch((error: unknown) => {
    // Some servers list nothing; a wrong key or a silent host shows in the next call.
    if (error instanceof CallFailure) return [];
    throw error;
  });
  const own = listed.find(({ id }) => id === endpoint.model);
  if (own?.listed != null) {
    const { vision, tools, logProbs } = own.listed;
    if (!vision) throw blindModel(endpoint, 'its server lists it without vision');
    if (!tools && wanted === 'tools') throw toollessModel(endpoint, 'its server lists it without tools');
    return { vision, tools: tools && wanted !== 'text', logProbs };
  }
  const picture = await testPicture();
  const ask = (tools: boolean, pictured: boolean): Promise<Completion | CallFailure> =>
    attempt(client, pool, endpoint, tools, pictured ? picture : null, signal);

  let refused: CallFailure | null = null;
  if (wanted !== 'text') {
    const found = await ask(true, true);
    if (!(found instanceof CallFailure))
      return {
        vision: true,
        tools: found.reply.calls.length > 0,
        logProbs: found.logProbs !== null,
      };
    if (!isRefusal(found)) throw found.told;
    refused = found;
  }
  const plain = await ask(false, true);
  if (!(plain instanceof CallFailure)) {
    if (wanted === 'tools' && refused !== null)
      throw toollessModel(endpoint, `it said: ${refused.told.message}`, refused.told);
    return { vision: true, tools: false, logProbs: plain.logProbs !== null };
  }
  if (!isRefusal(plain)) throw plain.told;
  const blind = await ask(false, false);
  if (blind instanceof CallFailure) throw ofEveryone(blind.told);
  throw blindModel(endpoint, `it said: ${plain.told.message}`, plain.told);
}

/** What is refused of the smallest request will be refused of every one. */
export function ofEveryone(told: Error): Error {
  if (!(told instanceof DataFailure)) return told;
  return new UserError(told.message, 'even the smallest request is refused: see what the server says of it', {
    cause: told,
  });
}

function blindModel({ model, url }: EndpointSpec, why: string, cause?: Error): UserError {
  return new UserError(
    `${model} at ${url} takes no pictures; ${why}`,
    'name a vision-language model with --model, such as a Qwen2.5-VL',
    { cause },
  );
}

function toollessModel({ model, url }: EndpointSpec, why: string, cause?: Error): UserError {
  return new UserError(
    `--protocol tools: ${model} at ${url} makes no tool calls; ${why}`,
    'leave --protocol out, or speak with it in text: --protocol text',
    { cause },
  );
}

/** What all of several endpoints can do. */
export function together(found: readonly Served[]): Served {
  return {
    vision: found.every(({ vision }) => vision),
    tools: found.every(({ tools }) => tools),
    logProbs: found.every(({ logProbs }) => logProbs),
  };
}

/** Tries of one small call. */
const TRIES = 4;
const SAMPLING: ChatSampling = { temperature: 0, topP: 1, maxTokens: 256, seed: null, logProbs: true };

/** The completion; or why there is none, where the server refuses what was asked. */
async function attempt(
  client: ChatClient,
  pool: EndpointPool,
  endpoint: EndpointSpec,
  tools: boolean,
  picture: { readonly shown: ShownPicture; readonly bytes: Uint8Array } | null,
  signal: AbortSignal | undefined,
): Promise<Completion | CallFailure> {
  const words = tools ? 'Call the tool crop for frame 1 with the box [0, 0, 1, 1].' : 'Say: ready.';
  const parts = [
    ...(picture === null ? [] : [{ type: 'picture' as const, picture: picture.shown }]),
    { type: 'text' as const, text: words },
  ];
  for (let tried = 1; ; tried++) {
    const lease = await pool.acquire([endpoint], `detect/${tried}`, signal);
    const request = {
      messages: [{ role: 'user' as const, parts }],
      tools,
      answerNow: false,
      sampling: SAMPLING,
      refused: lease.refused,
      picture: async () => picture?.bytes ?? new Uint8Array(0),
    };
    try {
      const completion = await client.complete(endpoint, request, signal);
      lease.done();
      return completion;
    } catch (error) {
      if (!(error instanceof CallFailure)) {
        lease.abandon();
        throw error;
      }
      if (adapts(lease, error)) continue;
      if (error.again === 'never') {
        lease.abandon();
        return error;
      }
      lease.failed(error.again);
      // A server may well break on what it does not know, instead of refusing it.
      if (tried >= TRIES || error.why === '500') return error;
    }
  }
}

/** Whether the server answered and would not do it; a key or a model it does not know is something else. */
function isRefusal({ why }: CallFailure): boolean {
  return ['400', '404', '413', '415', '422', '500', '501'].includes(why);
}

async function testPicture(): Promise<{ readonly shown: ShownPicture; readonly bytes: Uint8Array }> {
  const size = { widthPx: 112, heightPx: 112 };
  const background = { r: 255, g: 255, b: 255 };
  const bytes = await sharp({ create: { width: 112, height: 112, channels: 3, background } })
    .png()
    .toBuffer();
  const ref = { uri: 'none:', sha256: '', bytes: bytes.length, kind: 'pictures' } as const;
  return { shown: { ...size, ref, mime: 'image/png', frame: 1, sec: 0, box01: null, native: size }, bytes };
}
