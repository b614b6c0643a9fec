import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import {
  findServingPython,
  startTransformersServer,
  type TransformersServer,
} from '../support/openai/transformers-server.js';
import { promptOf } from './support/chat.js';
import { chatContract } from './support/contract.js';
import { ramps } from './support/pictures.js';
import { exported, randomPolicy } from './support/policies.js';

// Importing torch on a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 360_000 });

const QUESTION = 'What can you read on the sign?';

describe('ruminate serve', () => {
  let folder: string;
  let server: PolicyServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ruminate-contract-'));
    const path = await exported(join(folder, 'policy'), randomPolicy(3, true));
    server = await servePolicy(await policyFromFolder(path, 1), { host: '127.0.0.1', port: 0, token: null });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  chatContract(async () => ({
    url: server.url,
    model: 'policy',
    messages: [promptOf(await ramps(), QUESTION)],
  }));
});

const python = findServingPython();
const skipped = 'missing' in python ? ` (skipped: ${python.missing})` : '';
if ('missing' in python)
  process.stderr.write(`The contract over transformers serve is skipped: ${python.missing}\n`);

describe.skipIf('missing' in python)(`transformers serve with a tiny Qwen2.5-VL${skipped}`, () => {
  let server: TransformersServer;
  beforeAll(async () => {
    if ('missing' in python) return;
    server = await startTransformersServer(python.path);
  });
  afterAll(() => server.stop());
  chatContract(async () => ({
    url: server.url,
    model: server.model,
    messages: [promptOf((await ramps()).slice(0, 2), QUESTION)],
  }));
});
