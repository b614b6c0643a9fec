import type { Looked, VideoFacts } from '../../domain/conversation/records.js';
import type { View } from '../../domain/conversation/spec.js';
import { refusalOf } from '../../domain/tools/validate.js';
import type { Action } from '../../domain/trajectory.js';
import type { ObjectStore } from '../ports.js';
import { sha256 } from './open.js';
import { keepPictures, type Photographer } from './pictures.js';

interface Deps {
  readonly store: ObjectStore;
  readonly photographer: Photographer;
}

interface LookRequest {
  readonly video: VideoFacts;
  /** Path of the video on this machine. */
  readonly file: string;
  readonly view: View;
  readonly action: Action;
}

/** Runs what a message asks for on the real video, and keeps the pictures; or says why it was refused. */
export async function runLook(
  { store, photographer }: Deps,
  { video, file, view, action }: LookRequest,
  signal?: AbortSignal,
): Promise<Looked> {
  if (action.tool === 'answer') return { kind: 'refused', reason: 'an answer needs no look.' };
  const reason = refusalOf(action, video.frames);
  if (reason !== null) return { kind: 'refused', reason };
  const shots =
    action.tool === 'clip'
      ? action.targetFrames.map((frame) => ({ frame, box01: null }))
      : [{ frame: action.targetFrame, box01: action.bbox01 }];
  const pixels = action.tool === 'clip' ? view.clipPixels : view.cropPixels;
  const options = { fps: video.fps, pixels, format: view.format };
  const pictures = await keepPictures(store, photographer, file, shots, options, sha256, signal);
  return { kind: 'looks', call: action, pictures };
}
