import { assemble } from '../../domain/conversation/assemble.js';
import type { Looked, Opening, SpokenMessage } from '../../domain/conversation/records.js';
import { promptSize, sizeText, tokensOf } from '../../domain/conversation/room.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import { DataFailure } from '../../domain/failures.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal, heartbeat, resumePoint } from '../heartbeat.js';
import type { PolicyEngine, SampleRequest } from '../policy-engine.js';
import type { ObjectStore } from '../ports.js';
import type { SpeakInput, Spoken } from './contract.js';
import { conversationKey, type AnswerSources } from './places.js';

export interface SpeakDeps {
  readonly store: ObjectStore;
  readonly sources: AnswerSources;
  readonly engineOf: (spec: AnswerSpec) => PolicyEngine | Promise<PolicyEngine>;
}

/**
 * Has the model say one message, and commits it. A retry finds a committed message and never asks again; what
 * earlier calls for it came to is carried from attempt to attempt in the heartbeats, so that the ledger has it.
 */
export function createSpeak({ store, sources, engineOf }: SpeakDeps): (input: SpeakInput) => Promise<Spoken> {
  return async ({ source, protocol, contextTokens, turn, opening, messages, looks, final, ...at }) => {
    const key = conversationKey(at, `message-${turn}`);
    const done = await store.head(key, 'turn');
    if (done) return { ref: done, ...summaryOf(parseJson<SpokenMessage>(await store.get(done))) };
    const spec = await sources.spec(source.spec);
    let wasted = wastedBefore(resumePoint());
    let why: string | null = null;
    const say = (calling: boolean): void => {
      heartbeat({ doing: DOING, wasted, why, calling } satisfies Beat);
    };
    say(true);
    const read = async <T>(ref: SpeakInput['opening']): Promise<T> => parseJson<T>(await store.get(ref));
    const spoken = await Promise.all(messages.map((ref) => read<SpokenMessage>(ref)));
    const looked = await Promise.all(looks.map((ref) => read<Looked>(ref)));
    const begun = await read<Opening>(opening);
    const request: SampleRequest = {
      conversation: {
        prompt: spec.prompt,
        protocol,
        budget: spec.budget,
        opening: begun,
        turns: spoken.map((one, i) => ({ spoken: one, looked: looked[i] ?? null })),
        final,
      },
      sampling: spec.sampling,
      // Without the name of the run: what a seed gives can be had again.
      key: `${begun.question.id}/message-${turn}`,
      picture: ({ ref }) => store.get(ref),
      wasted,
      onWaste: (calls, last) => {
        wasted = [...calls];
        why = last;
        say(true);
      },
    };
    refuseTooLong(spec, request, contextTokens);
    let message: SpokenMessage;
    try {
      message = await (await engineOf(spec)).sample(request, cancellationSignal());
    } catch (error) {
      say(false);
      throw error;
    }
    const { ref } = await store.putIfAbsent(key, toJson(message), 'turn');
    // Somebody who raced us may have won: what counts is what stands there.
    return { ref, ...summaryOf(await read<SpokenMessage>(ref)) };
  };
}

/**
 * Throws a DataFailure with the sum, where a prompt cannot fit: nothing is sent, and nothing paid for. An engine of our
 * own counts its tokens itself.
 */
function refuseTooLong(
  { engine }: AnswerSpec,
  { conversation, sampling }: SampleRequest,
  contextTokens: number | null,
): void {
  if (contextTokens === null || engine.type === 'torch') return;
  const size = promptSize(assemble(conversation), sampling.maxTokens);
  if (tokensOf(size) <= contextTokens) return;
  const says = engine.contextTokens === undefined ? 'as its server lists it' : '--context-tokens';
  throw new DataFailure(
    `the context of ${engine.endpoints[0]?.model ?? 'the model'} is too small: ${contextTokens} tokens (${says}), and the prompt ` +
      `needs ${sizeText(size)}; nothing was sent. Lower --frames, --overview-pixels, --clip-pixels, --crop-pixels, ` +
      '--max-looks or --max-tokens, serve the model with a longer context, or say its true length with --context-tokens',
  );
}

const DOING = 'model call';

/** What a heartbeat says: `calling` until the message is there, so that a killed call is known to be lost. */
interface Beat {
  readonly doing: typeof DOING;
  readonly wasted: readonly string[];
  /** What the last of these calls failed of, in words. */
  readonly why: string | null;
  readonly calling: boolean;
}

function wastedBefore(details: unknown): readonly string[] {
  if (typeof details !== 'object' || details === null || !('wasted' in details)) return [];
  const { wasted, calling } = details as Beat;
  return calling ? [...wasted, 'worker lost'] : wasted;
}

function summaryOf({ action, spent }: SpokenMessage): Omit<Spoken, 'ref'> {
  const asks = action === null ? 'nothing' : action.tool === 'answer' ? 'answer' : 'look';
  return { asks, tokens: spent.completionTokens };
}
