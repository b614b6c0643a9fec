import OpenAI from 'openai';
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { beforeAll, expect, it } from 'vitest';

/** A server that the contract is run over. */
export interface Served {
  /** Without `/v1`. */
  readonly url: string;
  readonly model: string;
  /** A conversation that it answers, with pictures. */
  readonly messages: ChatCompletionMessageParam[];
}

/** What both servers promise of OpenAI's chat API, by the official client. */
export function chatContract(served: () => Promise<Served>): void {
  let client: OpenAI;
  let ask: ChatCompletionCreateParamsNonStreaming;
  beforeAll(async () => {
    const { url, model, messages } = await served();
    client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    ask = { model, messages, temperature: 0, max_tokens: 12 };
  });

  it('answers a conversation with pictures by a text, and says why it ended', async () => {
    const answer = await client.chat.completions.create(ask);
    expect(answer.object).toBe('chat.completion');
    expect(answer.choices).toHaveLength(1);
    const { message, finish_reason } = answer.choices[0]!;
    expect(message.role).toBe('assistant');
    expect(message.content!.length).toBeGreaterThan(0);
    expect(['stop', 'length']).toContain(finish_reason);
  });

  it('counts tokens that add up', async () => {
    const { usage } = await client.chat.completions.create(ask);
    expect(usage!.prompt_tokens).toBeGreaterThan(0);
    expect(usage!.completion_tokens).toBeGreaterThan(0);
    expect(usage!.completion_tokens).toBeLessThanOrEqual(12);
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  });

  it('streams what it says in one piece, when it takes the most probable token each time', async () => {
    const whole = await client.chat.completions.create(ask);
    const stream = await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts: string[] = [];
    const ends: string[] = [];
    let total: number | undefined;
    for await (const { choices, usage } of stream) {
      texts.push(choices[0]?.delta.content ?? '');
      if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason);
      total = usage?.total_tokens ?? total;
    }
    expect(texts.filter((text) => text !== '').length).toBeGreaterThan(1);
    expect(texts.join('')).toBe(whole.choices[0]!.message.content);
    expect(ends).toEqual([whole.choices[0]!.finish_reason]);
    expect(total).toBe(whole.usage!.total_tokens);
  });

  it('gives the same answer again', async () => {
    const [one, two] = [await client.chat.completions.create(ask), await client.chat.completions.create(ask)];
    expect(one.choices[0]!.message.content).toBe(two.choices[0]!.message.content);
  });

  it('refuses a model that it does not have with a 4xx', async () => {
    const error: unknown = await client.chat.completions
      .create({ ...ask, model: 'no-such-model' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect([400, 404]).toContain((error as InstanceType<typeof OpenAI.APIError>).status);
  });
}
