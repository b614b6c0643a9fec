import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DataFailure, UserError } from '../../domain/failures.js';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { OnnxEngine } from '../../infra/onnx/engine.js';
import { preflight } from '../../infra/openai/preflight.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import { policyEngineContract, type EngineUnderTest } from '../contracts/policy-engine.js';
import { endpoint, engineFor, served } from '../openai/support/talk.js';
import { withPictures } from '../openai/support/with-pictures.js';
import { basePolicy, exported, randomPolicy, type TestPolicy } from '../serve/support/policies.js';

// Sessions are made; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function underTest(name: string, policy: TestPolicy): Promise<EngineUnderTest> {
  const path = await exported(join(folder, name), policy);
  const engine = new OnnxEngine(await policyFromFolder(path, 1));
  return withPictures(engine, { frames: 8, maxTokens: 256, close: () => engine.close() });
}

policyEngineContract('onnx, with the base policy', async () => underTest('base', await basePolicy()));
policyEngineContract('onnx, with a random policy held to the grammar', () =>
  underTest('held', randomPolicy(5, true)),
);
policyEngineContract('onnx, with a random policy that says what means nothing', () =>
  underTest('free', randomPolicy(1, false)),
);

describe('the embedded policy in process', () => {
  let under: EngineUnderTest;
  let server: PolicyServer;
  beforeAll(async () => {
    under = await underTest('same', randomPolicy(5, true));
    server = await servePolicy(await policyFromFolder(join(folder, 'same'), 1), {
      ...{ host: '127.0.0.1', port: 0, token: null },
    });
  });
  afterAll(async () => {
    await under.close();
    await server.close();
  });

  it.each(['tools', 'text'] as const)('says by %s what it says behind ruminate serve', async (protocol) => {
    const { timeouts } = served([]);
    const engine = engineFor(
      (await preflight([endpoint(`${server.url}/v1`, { model: 'same' })], timeouts)).endpoints,
    );
    for (const final of [false, true]) {
      const asked = under.request([], { final, protocol });
      const request = { ...asked, sampling: { ...asked.sampling, logProbs: true } };
      const [here, there] = [await under.engine.sample(request), await engine.sample(request)];
      expect(here.logProbs!.length).toBeGreaterThan(0);
      const { by: _here, timeMs: _hereMs, ...said } = here;
      const { by: _there, timeMs: _thereMs, ...same } = there;
      expect(said).toEqual(same);
    }
    await engine.close();
  });

  it('draws by the seed and the name of the message: the same again, and another for another name', async () => {
    const draw = async (key: string, seed: number | null): Promise<string> => {
      const asked = under.request([], { final: false, protocol: 'tools', key });
      const sampling = { ...asked.sampling, temperature: 1, seed };
      return JSON.stringify((await under.engine.sample({ ...asked, sampling })).action);
    };
    const names = Array.from({ length: 8 }, (_, i) => `sample ${i}`);
    const once = await Promise.all(names.map((name) => draw(name, 1)));
    expect(await Promise.all(names.map((name) => draw(name, 1)))).toEqual(once);
    expect(new Set(once).size).toBeGreaterThan(4);
    expect(await Promise.all(names.map((name) => draw(name, 2)))).not.toEqual(once);
  });

  it('fails one conversation where its question or pictures are wrong, and everybody where the sampling is', async () => {
    const asked = under.request([], { final: false, protocol: 'tools' });
    const { opening } = asked.conversation;
    const other = (more: Partial<typeof opening>) => ({
      ...asked,
      conversation: { ...asked.conversation, opening: { ...opening, ...more } },
    });
    const question = { ...opening.question, question: 'Wie spät ist es?' };
    const unknown = under.engine.sample(other({ question }));
    await expect(unknown).rejects.toBeInstanceOf(DataFailure);
    await expect(unknown).rejects.toThrow('the policy knows no word of the question (wie spät ist es)');
    await expect(under.engine.sample(other({ overview: opening.overview.slice(0, 3) }))).rejects.toThrow(
      'expected 8 pictures before the first answer, the overview of the video; got 3',
    );
    const hot = under.engine.sample({ ...asked, sampling: { ...asked.sampling, temperature: 3 } });
    await expect(hot).rejects.toBeInstanceOf(UserError);
    await expect(hot).rejects.toThrow('temperature');
  });
});
