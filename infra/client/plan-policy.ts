import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Curriculum, EmbeddedPolicy, TorchPolicy } from '../../domain/curriculum.js';
import {
  adapterParameters,
  parametersOf,
  tokenSidePx,
  type Architecture,
} from '../../domain/plan/architecture.js';
import { conversationSize } from '../../domain/plan/conversation-size.js';
import type { PolicyFacts } from '../../domain/plan/facts.js';
import { architectureOf, knownArchitecture, tinyArchitecture } from '../../domain/plan/models.js';
import { parameters, sequenceLength } from '../../engine/policy/spec.js';
import { SLOT } from '../../domain/protocol/compact.js';
import { readBase } from './runs.js';

/** The embedded policy: its shape is its configuration. A base that is a file is read and judged, as by a run. */
export async function embeddedFacts(
  { file, curriculum }: { readonly file: string; readonly curriculum: Curriculum },
  policy: EmbeddedPolicy,
): Promise<PolicyFacts> {
  const base = await readBase({ file, curriculum });
  const count = parameters(policy).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const { width, layers, heads } = policy;
  return {
    what: `the embedded policy: width ${width}, ${layers} layers, ${heads} heads, ${
      base === null ? 'from random weights' : `from a base of sha256 ${base.sha256.slice(0, 12)}…`
    }`,
    path: policy.base.type === 'file' ? path.resolve(path.dirname(file), policy.base.path) : null,
    ...{ there: true, parameters: count, trainable: count, tokenSidePx: null },
    conversation: (looks) => ({ tokens: sequenceLength(looks.length), said: SLOT * (looks.length + 1) }),
  };
}

/** A model of transformers', by its config.json where that is there, else by the folder's name. Weights are not read. */
export async function torchFacts(policy: TorchPolicy): Promise<PolicyFacts> {
  const { model, adapter } = policy;
  const found = model.type === 'tiny' ? tiny(model.family) : await inFolder(model.path);
  const drawn = model.type === 'random' ? `, weights drawn from seed ${model.seed}` : '';
  const { shape } = found;
  const all = shape === null ? null : parametersOf(shape);
  const trained =
    shape === null ? null : adapter.type === 'full' ? all : adapterParameters(shape, adapter.rank);
  return {
    what: found.what + drawn,
    path: found.path,
    there: found.there,
    parameters: all,
    trainable: trained,
    tokenSidePx: shape === null ? null : tokenSidePx(shape),
    conversation(looks) {
      if (shape === null) return null;
      const size = conversationSize(policy, tokenSidePx(shape), looks);
      return { tokens: size.textTokens + size.pictureTokens, said: size.saidTokens };
    },
  };
}

interface Found {
  readonly what: string;
  readonly path: string | null;
  readonly there: boolean;
  readonly shape: Architecture | null;
}

function tiny(family: Architecture['family']): Found {
  return { what: `a tiny random ${family}`, path: null, there: true, shape: tinyArchitecture(family) };
}

async function inFolder(dir: string): Promise<Found> {
  const there = await stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const shape = there ? await configured(path.join(dir, 'config.json')) : null;
  if (shape !== null) return { what: `${shape.family}, by its config.json`, path: dir, there, shape };
  const known = knownArchitecture(path.basename(dir));
  const what =
    known === null ? `${path.basename(dir)}, of unknown size` : `${known.name}, by the folder's name`;
  return { what, path: dir, there, shape: known?.shape ?? null };
}

/** Null where there is no such file, or it is not a model's that the engine knows: the engine's own message says more. */
async function configured(file: string): Promise<Architecture | null> {
  try {
    return architectureOf(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}
