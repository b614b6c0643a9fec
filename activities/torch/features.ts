import { createHash } from 'node:crypto';
import { spread } from '../../domain/conversation/overview.js';
import type { Opening, ShownPicture } from '../../domain/conversation/records.js';
import type { View } from '../../domain/conversation/spec.js';
import type { Photographer } from '../conversation/pictures.js';
import { heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import type { RolloutFeatures } from '../score-groups.js';
import type { StateFile, TokenModel } from './model.js';
import type { LiveConversation } from './records.js';

/** What pictures are embedded with. */
export interface Embedding {
  readonly store: ObjectStore;
  readonly photographer: Photographer;
  readonly model: TokenModel;
  /** The stage's start: its vision tower judges, not the one that trains. */
  readonly weights: StateFile;
  readonly view: View;
  readonly signal: AbortSignal | undefined;
}

/**
 * Embeds what a shard's rollouts saw. R_rep compares the last clip's frames with the video's: those of the overview,
 * which are all of a short video's and at most `view.frames` of a long one's, at the size of a clip. Equal pictures are
 * embedded once.
 */
export async function conversationFeatures(
  using: Embedding,
  rollouts: readonly LiveConversation[],
): Promise<readonly RolloutFeatures[]> {
  const pictures = new PictureFeatures(using);
  const videos = new Map<string, ReadonlyMap<number, Float32Array>>();
  for (const { question, video } of rollouts.map(({ opening }) => opening)) {
    if (videos.has(question.video)) continue;
    heartbeat({ doing: 'embedding frames', done: videos.size });
    const chosen = rollouts.filter(({ opening }) => opening.question.video === question.video);
    const frames = [...shownFrames(video, using.view), ...chosen.flatMap((one) => lastClip(one) ?? [])];
    videos.set(question.video, await framesOf(using, pictures, { question, video }, frames));
  }
  const features: RolloutFeatures[] = [];
  for (const [done, rollout] of rollouts.entries()) {
    heartbeat({ doing: 'embedding crops', done, total: rollouts.length });
    const { question, video } = rollout.opening;
    const byFrame = videos.get(question.video)!;
    const clip = lastClip(rollout);
    features.push({
      regions: await pictures.kept(crops(rollout)),
      frames: shownFrames(video, using.view).map((frame) => byFrame.get(frame)!),
      lastClip: clip && clip.map((frame) => byFrame.get(frame)!),
    });
  }
  return features;
}

function shownFrames({ frames }: Opening['video'], view: View): readonly number[] {
  return spread(frames, view.frames);
}

/** In ascending order and in one pass, so that a frame is one picture whoever chose it. */
async function framesOf(
  { photographer, view, signal }: Embedding,
  pictures: PictureFeatures,
  { question, video }: Pick<Opening, 'question' | 'video'>,
  wanted: readonly number[],
): Promise<ReadonlyMap<number, Float32Array>> {
  const frames = [...new Set(wanted)].sort((a, b) => a - b);
  const shots = frames.map((frame) => ({ frame, box01: null }));
  const options = { fps: video.fps, pixels: view.clipPixels, format: view.format };
  const found: Float32Array[] = [];
  let part: Uint8Array[] = [];
  for await (const { bytes } of photographer.shoot(question.video, shots, options, signal)) {
    part.push(bytes);
    if (part.length < AT_A_TIME) continue;
    found.push(...(await pictures.of(part)));
    part = [];
  }
  found.push(...(await pictures.of(part)));
  return new Map(frames.map((frame, i) => [frame, found[i]!]));
}

/** Pictures that are held in memory, and sent to the model, together. */
const AT_A_TIME = 32;

/** Features by content. */
class PictureFeatures {
  readonly #using: Embedding;
  readonly #known = new Map<string, Float32Array>();

  constructor(using: Embedding) {
    this.#using = using;
  }

  /** Of at most `AT_A_TIME` pictures, in their order. */
  async of(pictures: readonly Uint8Array[]): Promise<readonly Float32Array[]> {
    const names = pictures.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    const unknown = new Map(names.map((name, i) => [name, pictures[i]!]));
    for (const name of this.#known.keys()) unknown.delete(name);
    await this.#embed(unknown);
    return names.map((name) => this.#known.get(name)!);
  }

  /** Of pictures that are in the store. */
  async kept(pictures: readonly ShownPicture[]): Promise<readonly Float32Array[]> {
    for (let at = 0; at < pictures.length; at += AT_A_TIME) {
      const refs = pictures.slice(at, at + AT_A_TIME).map(({ ref }) => ref);
      const unknown = refs.filter(({ sha256 }) => !this.#known.has(sha256));
      const bytes = await Promise.all(unknown.map((ref) => this.#using.store.get(ref)));
      await this.#embed(new Map(unknown.map(({ sha256 }, i) => [sha256, bytes[i]!])));
    }
    return pictures.map(({ ref }) => this.#known.get(ref.sha256)!);
  }

  async #embed(unknown: ReadonlyMap<string, Uint8Array>): Promise<void> {
    if (unknown.size === 0) return;
    const { model, weights, signal } = this.#using;
    const pictures = [...unknown.keys()].map((_, blob) => ({ blob }));
    const options = { blobs: [...unknown.values()], signal, onProgress: heartbeat };
    const { features, width } = await model.embed({ pictures, weights }, options);
    [...unknown.keys()].forEach((name, i) =>
      this.#known.set(name, features.slice(i * width, (i + 1) * width)),
    );
  }
}

function crops({ looked }: LiveConversation): readonly ShownPicture[] {
  return looked.flatMap((one) => (one.kind === 'looks' && one.call.tool === 'crop' ? one.pictures : []));
}

/** Frames of the last valid clip; null without one. */
function lastClip({ looked }: LiveConversation): readonly number[] | null {
  const clip = looked.findLast((one) => one.kind === 'looks' && one.call.tool === 'clip');
  return clip?.kind === 'looks' ? clip.pictures.map(({ frame }) => frame) : null;
}
