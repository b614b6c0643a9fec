import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../domain/failures.js';
import { SLOT } from '../../domain/protocol/compact.js';
import { stream } from '../../domain/seeds.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import {
  LOOK_CLIP,
  LOOK_CROP,
  LOOK_REFUSED,
  sequenceLength,
  type PolicySpec,
} from '../../engine/policy/spec.js';
import { POLICY_FORMAT, weightsFromFile } from '../../engine/policy/state.js';
import type { PastTurn, ServedPolicy } from '../serve/served-policy.js';
import { readPolicy } from './policy-folder.js';
import type { TrainedPolicy } from '../../workflows/ask.js';
import { policyWeights } from './policies.js';
import { embeddedPolicy } from './embedded.js';
import type { Session } from './session.js';

/** An exported folder as a policy to serve, named after the folder. No service is needed. */
export async function policyFromFolder(folder: string, threads: number): Promise<ServedPolicy> {
  const path = resolve(folder);
  const spec = await specIn(join(path, 'config.json'));
  const { bytes, sha256 } = await readPolicy(path, spec);
  return serve({ id: basename(path), spec, sha256, bytes, threads });
}

/** A run's policy to serve, named RUN/STAGE. Its weights are read once; the services may go down then. */
export async function policyFromRun(
  session: Session,
  of: TrainedPolicy,
  threads: number,
): Promise<ServedPolicy> {
  const { width, layers, heads, maxLooks, grammar } = embeddedPolicy(of.policy, 'ruminate serve');
  return serve({
    id: `${of.run}/${of.stage}`,
    spec: { width, layers, heads, maxLooks, grammar },
    sha256: of.checkpoint.weights.sha256,
    bytes: await policyWeights(session, of),
    threads,
  });
}

const count = z.int().min(1).max(4096);

/** What of an exported folder's configuration the engine is made from. */
const configSchema = z.object({
  format: z.literal(POLICY_FORMAT),
  architecture: z.object({ width: count, layers: count, heads: count, maxLooks: count }),
  grammar: z.boolean(),
});

async function specIn(file: string): Promise<PolicySpec> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(
      `expected an exported policy: ${file} cannot be read`,
      'write one with: ruminate export RUN --out FOLDER',
      { cause },
    );
  });
  const read = configSchema.safeParse(parsed(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new UserError(
      `${file} is not the configuration of an exported policy: ${issue!.path.join('.') || 'the file'}: ${issue!.message}`,
      'write one with: ruminate export RUN --out FOLDER',
    );
  }
  const { architecture, grammar } = read.data;
  return { ...architecture, grammar };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function serve(of: {
  readonly id: string;
  readonly spec: PolicySpec;
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly threads: number;
}): ServedPolicy {
  const weights = weightsFromFile(of.spec, of.bytes, of.id);
  const engine = new EmbeddedEngine(of.spec, { threads: of.threads });
  return {
    id: of.id,
    sha256: of.sha256,
    maxLooks: of.spec.maxLooks,
    promptTokens: (looks) => sequenceLength(looks) - SLOT,
    async draw({ words, overview, turns }, { seed, forced, ...options }, signal) {
      const rollout = {
        words,
        thumbs: overview,
        actions: turns.map(({ slot }) => slot),
        looks: turns.map(lookOf),
      };
      const uniforms = Float32Array.from(stream(seed, 'serve', 'tokens').floats(SLOT));
      const { tokens, logProbs } = await engine.drawTurn(
        weights,
        options,
        { rollout, memory: null, uniforms, forced },
        signal,
      );
      return { tokens: [...tokens], logProbs: [...logProbs] };
    },
    close: () => engine.close(),
  };
}

function lookOf({ look }: PastTurn): { readonly kind: number; readonly pixels: Uint8Array } {
  if (look === null) return { kind: LOOK_REFUSED, pixels: new Uint8Array(0) };
  return { kind: look.tool === 'clip' ? LOOK_CLIP : LOOK_CROP, pixels: look.pixels };
}
