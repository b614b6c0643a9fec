import { z } from 'zod';

import type { ObjectStore, Part } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import type { Ref, RefKind } from '../../domain/refs.js';
import { sha256Hex } from './s3.js';
import { joinKey, manifestKey } from './keys.js';

/** Plain JSON: what a commit says beside its parts. */
export type Extra = Readonly<Record<string, unknown>>;

export interface Commit {
  readonly manifest: Ref;
  readonly parts: Readonly<Record<string, Ref>>;
  readonly extra: Extra;
}

/**
 * Commits parts under a prefix, all or nothing: upload, read back and verify, then a conditional put of
 * `<prefix>/MANIFEST.json` last. Whatever has no manifest does not exist. Of two that race, one wins, and both
 * get the winner's commit (`won` tells which). Parts lie under `<prefix>/<first 16 digits of their sha256>/`: a
 * loser with other bytes cannot touch what the winner's manifest speaks of.
 */
export async function commitWithManifest(
  store: ObjectStore,
  prefix: string,
  parts: readonly Part[],
  extra: Extra = {},
): Promise<Commit & { readonly won: boolean }> {
  const refs: Record<string, Ref> = {};
  for (const part of parts) {
    const { name } = part;
    if (Object.hasOwn(refs, name)) throw new DataFailure(`commit ${prefix}: two parts are named ${name}`);
    const ref = await putPart(store, prefix, part);
    await store.verify(ref);
    refs[name] = ref;
  }
  const body = Buffer.from(`${JSON.stringify({ format: FORMAT, parts: refs, extra }, null, 2)}\n`);
  const { won, ref } = await store.putIfAbsent(manifestKey(prefix), body, 'manifest');
  if (won) return { manifest: ref, parts: refs, extra, won };
  return { ...(await read(store, ref)), won };
}

function putPart(store: ObjectStore, prefix: string, part: Part): Promise<Ref> {
  const sha256 = 'body' in part ? sha256Hex(part.body) : part.sha256;
  const key = joinKey(prefix, sha256.slice(0, 16), part.name);
  if ('body' in part) return store.put(key, part.body, part.kind);
  return store.putFile(key, { path: part.file, sha256 }, part.kind);
}

/** The commit under a prefix; null where there is none. */
export async function readManifest(store: ObjectStore, prefix: string): Promise<Commit | null> {
  const ref = await store.head(manifestKey(prefix), 'manifest');
  return ref === null ? null : read(store, ref);
}

async function read(store: ObjectStore, manifest: Ref): Promise<Commit> {
  const parsed = schema.safeParse(parseJson(await store.get(manifest)));
  if (parsed.success) return { manifest, parts: parsed.data.parts, extra: parsed.data.extra };
  const issue = parsed.error.issues[0];
  throw new DataFailure(
    `${manifest.uri} is not a manifest of format ${FORMAT}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}

const FORMAT = 'ruminate-manifest-1';

/** Every kind, and the compiler complains when one is missing. */
const KINDS = {
  manifest: 'manifest',
  weights: 'weights',
  optimizer: 'optimizer',
  dataset: 'dataset',
  questions: 'questions',
  scenes: 'scenes',
  pictures: 'pictures',
  trajectories: 'trajectories',
  turn: 'turn',
  observations: 'observations',
  scored: 'scored',
  metrics: 'metrics',
  curation: 'curation',
  report: 'report',
} as const satisfies { readonly [K in RefKind]: K };

const schema = z.object({
  format: z.literal(FORMAT),
  parts: z.record(
    z.string(),
    z.object({
      uri: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().nonnegative(),
      kind: z.enum(KINDS),
    }),
  ),
  extra: z.record(z.string(), z.unknown()),
});

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}
