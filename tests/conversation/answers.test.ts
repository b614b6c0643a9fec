import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCloseConversation, createCollectAnswers } from '../../activities/conversation/close.js';
import { createLook } from '../../activities/conversation/look.js';
import { createMeetModel } from '../../activities/conversation/meet-model.js';
import { createOpenConversation } from '../../activities/conversation/open.js';
import { AnswerSources } from '../../activities/conversation/places.js';
import { createSpeak } from '../../activities/conversation/speak.js';
import { TASK_QUEUES } from '../../activities/contract.js';
import type { AskedQuestion, ConversationRecord } from '../../domain/conversation/records.js';
import type { AnswerSpec, ServedModel } from '../../domain/conversation/spec.js';
import { evidencePage } from '../../infra/evidence/page.js';
import { ServedEngines } from '../../infra/openai/engines.js';
import { keysOfEnvironment } from '../../infra/openai/keys.js';
import { VideoPhotographer } from '../../infra/tools/shown.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { activityInterceptors } from '../../infra/worker/interceptors.js';
import { bundleWorkflows } from '../../infra/worker/workflow-bundle.js';
import type { answers, FailureLimit } from '../../workflows/answers.js';
import type { AnswersStatus } from '../../workflows/answers-state.js';
import {
  startChatServer,
  type Asked,
  type ChatServer,
  type Models,
  type Reply,
} from '../openai/support/chat-server.js';
import { endpoint, PROMPT, served } from '../openai/support/talk.js';
import { MemoryStore } from '../support/memory-store.js';
import { writeSample } from '../video/samples.js';
import { startServer, type TestServer } from '../workflows/support/server.js';

const KEY = 'sk-test-0123456789';
const store = new MemoryStore();
let folder: string;
let video: string;
let temporal: TestServer;
let client: Client;
let native: NativeConnection;
let chat: ChatServer;
let workers: readonly Worker[];
let running: Promise<unknown>;
let reply: (asked: Asked) => Reply = () => ({});
let models: Models = ['tiny-vl'];

/** Clip, crop, a tool that is none, then clips without end; answers when it must. */
function ruminating({ body }: Asked): Reply {
  if (body.tools === undefined) return { content: '<think>enough</think><answer>7 🛑</answer>' };
  switch (body.messages.filter(({ role }) => role === 'assistant').length) {
    case 1:
      return {
        calls: [{ name: 'crop', arguments: '{"target_frame": 2, "bbox_2d": [0.25, 0.25, 0.75, 0.5]}' }],
      };
    case 2:
      return { calls: [{ name: 'zoom', arguments: '{}' }] };
    default:
      return { calls: [{ name: 'clip', arguments: '{"target_frames": [1, 3]}' }] };
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-answers-'));
  video = join(folder, 'sample.mp4');
  await writeSample(video, { timesSec: [0, 1, 2, 3] });
  chat = await startChatServer((asked) => reply(asked), { models: () => models });
  Runtime.install({
    telemetryOptions: {},
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const [server, code] = await Promise.all([startServer(), bundleWorkflows()]);
  temporal = server;
  client = new Client({ connection: await Connection.connect({ address: server.address }) });
  native = await NativeConnection.connect({ address: server.address });
  const sources = new AnswerSources(store);
  const engines = new ServedEngines(keysOfEnvironment({ TEST_KEY: KEY }));
  const calls = { store, sources, engineOf: engines.of };
  const looks = { store, sources, photographer: new VideoPhotographer(new NodeAvReader()) };
  const common = { connection: native, interceptors: { activity: [activityInterceptors] } };
  workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.curriculum,
      workflowBundle: { code },
      activities: { meetModel: createMeetModel(calls), speak: createSpeak(calls) },
    }),
    Worker.create({
      ...common,
      taskQueue: TASK_QUEUES.cpu,
      activities: {
        openConversation: createOpenConversation(looks),
        look: createLook(looks),
        closeConversation: createCloseConversation(looks),
        collectAnswers: createCollectAnswers(looks),
      },
    }),
  ]);
  running = Promise.all(workers.map((worker) => worker.run()));
});

afterAll(async () => {
  for (const worker of workers) worker.shutdown();
  await running;
  await native.close();
  await client.connection.close();
  await temporal.stop();
  await chat.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(
  name: string,
  questions: readonly AskedQuestion[],
  failures: FailureLimit = { maxShare: 1, atLeast: 1 },
  model: Partial<ServedModel> = {},
): Promise<AnswersStatus> {
  const spec: AnswerSpec = {
    engine: served([endpoint(chat.url, { keyVariable: 'TEST_KEY' })], model),
    sampling: { temperature: 0, topP: 1, maxTokens: 64, seed: null, logProbs: false },
    budget: { maxLooks: 3, maxTurns: 6, maxTokens: 1000 },
    view: {
      fps: 1,
      frames: 2,
      overviewPixels: 50_000,
      clipPixels: 50_000,
      cropPixels: 50_000,
      format: 'png',
    },
    prompt: PROMPT,
  };
  const lines = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const source = {
    spec: await store.put(`answers/${name}/spec.json`, Buffer.from(JSON.stringify(spec)), 'questions'),
    questions: await store.put(`answers/${name}/questions.jsonl`, Buffer.from(lines), 'questions'),
  };
  return client.workflow.execute<typeof answers>('answers', {
    taskQueue: TASK_QUEUES.curriculum,
    workflowId: `answers/${name}-${Math.floor(performance.now())}`,
    args: [
      {
        ...{ run: name, model: 'tiny-vl', source, questions: questions.length },
        ...{ width: 4, patient: false, failures },
      },
    ],
  });
}

async function recordsOf({ records }: AnswersStatus): Promise<readonly ConversationRecord[]> {
  const texts = await Promise.all(records.map(async (ref) => Buffer.from(await store.get(ref)).toString()));
  return texts
    .flatMap((text) => text.trim().split('\n'))
    .map((line) => JSON.parse(line) as ConversationRecord);
}

const question = (id: string, more: Partial<AskedQuestion> = {}): AskedQuestion => ({
  id,
  video,
  question: 'ما المكتوب؟ 🛑',
  answers: ['7 🛑'],
  ...more,
});

describe('a run of questions', () => {
  it('looks at the real video, turn by turn, and must answer when its looks are used up', async () => {
    reply = ruminating;
    const status = await ask('one', [question('a')]);
    const [record] = await recordsOf(status);
    expect(status.met).toMatchObject({ protocol: 'tools', vision: true });
    expect(record?.overview.map(({ frame, sec }) => [frame, sec])).toEqual([
      [2, 1],
      [4, 3],
    ]);
    expect(
      record?.turns.map(({ spoken, looked }) => [
        spoken.action?.tool ?? null,
        spoken.final,
        looked?.kind ?? null,
      ]),
    ).toEqual([
      ['clip', false, 'looks'],
      ['crop', false, 'looks'],
      [null, false, 'refused'],
      ['clip', false, 'looks'],
      ['answer', true, null],
    ]);
    const crop = record?.turns[1]?.looked;
    expect(crop?.kind === 'looks' && crop.pictures[0]).toMatchObject({
      frame: 2,
      native: { widthPx: 32, heightPx: 12 },
    });
    expect(record).toMatchObject({
      answer: '7 🛑',
      graded: { correct: true, anls: 1 },
      spent: { messages: 5, promptTokens: 500 },
    });
    expect(status.sums).toMatchObject({
      conversations: 1,
      graded: 1,
      correct: 1,
      clips: 2,
      crops: 1,
      unreadable: 1,
    });
  });

  it('passes a question in any script on as it stands: to the model, into the record, onto the page', async () => {
    reply = () => ({ content: '<think>أرى 🛑</think><answer>قف 🛑</answer>' });
    const text = 'ماذا تقول اللافتة؟ 👩‍🚀🛑';
    const [record] = await recordsOf(await ask('script', [question('a', { question: text })]));
    const sent = chat.asked.at(-1)!.body.messages.at(-1)!.content as readonly { readonly text?: string }[];
    expect(sent.at(-1)?.text).toBe(`Question: ${text}`);
    expect(record).toMatchObject({ question: { question: text }, answer: 'قف 🛑' });
    const page = await evidencePage([record!], ({ ref }) => store.get(ref));
    expect(page).toContain(`<h1 dir="auto">${text}</h1>`);
    expect(page).toContain('<dd dir="auto">قف 🛑</dd>');
    expect(page).toContain('<blockquote dir="auto">أرى 🛑</blockquote>');
  });

  it('that is started again asks nothing that was answered before', async () => {
    reply = ruminating;
    const before = await ask('twice', [question('a')]);
    const asked = chat.asked.length;
    const again = await ask('twice', [question('a')]);
    expect(chat.asked).toHaveLength(asked);
    expect(again.sums).toEqual(before.sums);
  });

  it('counts what a video is to blame for, and goes on with the others', async () => {
    reply = () => ({ content: '<answer>7 🛑</answer>' });
    const status = await ask('some', [
      question('a'),
      question('b', { video: join(folder, 'none.mp4') }),
      question('c', { answers: ['8'] }),
    ]);
    expect(status.sums).toMatchObject({ conversations: 3, failed: 1, graded: 2, correct: 1 });
    const records = await recordsOf(status);
    expect(records.map(({ question: { id } }) => id)).toEqual(['a', 'b', 'c']);
    expect(records[1]).toMatchObject({
      answer: null,
      graded: null,
      failure: expect.stringContaining('none.mp4') as string,
    });
  });

  it('counts what the server refuses of one question, and goes on with the others', async () => {
    const refused = (name: string): boolean => name.includes('refused');
    reply = ({ body }) =>
      refused(JSON.stringify(body.messages))
        ? { status: 400, json: { error: { message: 'the policy knows no word of the question' } } }
        : { content: '<answer>7 🛑</answer>' };
    const status = await ask('one-refused', [
      question('a'),
      question('b', { question: 'refused?' }),
      question('c'),
    ]);
    expect(status.sums).toMatchObject({ conversations: 3, answered: 2, failed: 1, graded: 2 });
    expect(status.lastFailures).toEqual([
      { index: 1, why: expect.stringContaining('knows no word of the question') as string },
    ]);
    const records = await recordsOf(status);
    expect(records.map(({ answer, failure }) => [answer, failure])).toEqual([
      ['7 🛑', null],
      [null, status.lastFailures[0]!.why],
      ['7 🛑', null],
    ]);
  });

  it('stops past the share of failures that is allowed, names the last, and asks those alone again', async () => {
    let mended = false;
    reply = ({ body }) =>
      !mended && JSON.stringify(body.messages).includes('hard')
        ? { status: 400, json: { error: { message: 'too hard' } } }
        : { content: '<answer>7 🛑</answer>' };
    const limit = { maxShare: 0.25, atLeast: 2 };
    const questions = ['easy', 'easy', 'easy', 'hard 1', 'hard 2', 'hard 3', 'hard 4'].map((text, i) =>
      question(`${i}`, { question: text }),
    );
    await expect(ask('stops', questions, limit)).rejects.toMatchObject({
      cause: {
        type: 'DataFailure',
        message: expect.stringMatching(
          /could not be asked, more than 25 % \(--max-failed\); the last were\n {2}question \d: .*refuses this request \(400\): too hard/,
        ) as string,
      },
    });
    mended = true;
    const before = chat.asked.length;
    const status = await ask('stops', questions, limit);
    expect(status.sums).toMatchObject({ conversations: 7, answered: 7, failed: 0 });
    // Those that were answered before are not asked again.
    expect(chat.asked.length - before).toBe(4);
    expect((await recordsOf(status)).map(({ failure }) => failure)).toEqual(Array(7).fill(null));
  });

  it('sends nothing that cannot fit into the context as it is listed, and says the sum', async () => {
    reply = () => ({ content: '<answer>7 🛑</answer>' });
    await ask('fits', [question('a')]);
    models = [{ id: 'tiny-vl', max_model_len: 150 }];
    const before = chat.asked.length;
    const status = await ask('long', [question('a')]);
    expect(chat.asked).toHaveLength(before);
    const [record] = await recordsOf(status);
    expect(record?.failure).toMatch(
      /^the context of tiny-vl is too small: 150 tokens \(as its server lists it\), and the prompt needs about \d+ tokens: \d+ for 2 pictures \(28×28 pixels a token\), \d+ for text, 64 kept for the answer; nothing was sent\. Lower --frames/,
    );
    // Who knows better says so, and is believed.
    const told = await ask('told', [question('a')], undefined, { contextTokens: 8192 });
    expect(told.sums).toMatchObject({ answered: 1, failed: 0 });
    expect(told.met?.contextTokens).toBe(8192);
    models = ['tiny-vl'];
  });

  it('that is taken up when the server lists other limits is not asked half so and half otherwise', async () => {
    reply = () => ({ content: '<answer>7 🛑</answer>' });
    await ask('limits', [question('a')]);
    const capabilities = { vision: true, tools: true, logprobs: false };
    models = [{ id: 'tiny-vl', capabilities, overview_frames: 8 }];
    await expect(ask('limits', [question('a')])).rejects.toMatchObject({
      cause: {
        cause: {
          type: 'UserError',
          message: expect.stringContaining(
            'takes an overview of 8 frames as its server lists it now, and this run was begun with 2',
          ) as string,
        },
      },
    });
    models = ['tiny-vl'];
  });

  it('stops at a key that is refused, and says which; the key itself is nowhere', async () => {
    reply = ({ headers }) => ({
      status: 401,
      json: { error: { message: `bad key ${headers.authorization}` } },
    });
    const failing = ask('refused', [question('a')]);
    await expect(failing).rejects.toMatchObject({
      cause: {
        cause: {
          type: 'UserError',
          message: expect.stringContaining(
            'refuses the key in TEST_KEY (401): bad key Bearer [key]',
          ) as string,
        },
      },
    });
    for await (const info of client.workflow.list()) {
      const history = await client.workflow.getHandle(info.workflowId, info.runId).fetchHistory();
      expect(Buffer.from(JSON.stringify(history)).includes(KEY)).toBe(false);
      for (const payload of payloadsIn(history)) expect(payload).not.toContain(KEY);
    }
    for (const body of store.objects.values()) expect(Buffer.from(body).includes(KEY)).toBe(false);
  });

  it('gives a page that needs nothing else, and in which what models write stays text', async () => {
    reply = () => ({
      content: '<think><img src=x onerror=alert(1)></think><answer><script>alert(1)</script></answer>',
    });
    const records = await recordsOf(await ask('page', [question('a', { question: '<b>bold?</b>' })]));
    const page = await evidencePage(records, ({ ref }) => store.get(ref));
    expect(page).toContain('&lt;script>alert(1)&lt;/script>');
    expect(page).not.toMatch(/<script|<img src="?x|<b>bold/);
    expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(2);
    expect(page).not.toMatch(/(src|href)="https?:/);
  });
});

/** Every payload of a history as text. */
function payloadsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  return Object.values(value).flatMap(payloadsIn);
}
