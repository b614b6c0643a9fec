import * as ort from 'onnxruntime-node';
import { MAX_FRAMES, QUESTION_SLOT, SLOT } from '../domain/protocol/compact.js';
import type { DenseTargets, SequenceBatch } from './batches.js';
import { LOOK_TOKENS, MAX_ROWS, THUMB, type BatchShape } from './policy/spec.js';

/** What graphs take in, by input name. Arrays become tensors without a copy. */
export type Feeds = Record<string, ort.Tensor>;

/** Feeds of a batch of sequences whose last action slot is given too. */
export function sequenceFeeds(batch: SequenceBatch): Feeds {
  const { shape } = batch;
  return {
    ...promptFeeds(shape.batch, batch),
    actions: i32(batch.actions, [shape.batch, shape.looks + 1, SLOT]),
    ...(shape.looks > 0
      ? {
          lookKinds: i32(batch.lookKinds, [shape.batch, shape.looks]),
          pixels: u8(batch.pixels, [shape.batch, batch.pixels.length / shape.batch]),
        }
      : {}),
  };
}

export function promptFeeds(
  batch: number,
  { words, thumbs }: Pick<SequenceBatch, 'words' | 'thumbs'>,
): Feeds {
  return {
    words: i32(words, [batch, QUESTION_SLOT]),
    thumbs: u8(thumbs, [batch, MAX_FRAMES * THUMB.widthPx * THUMB.heightPx]),
  };
}

export function denseFeeds(dense: DenseTargets, { batch, looks }: BatchShape): Feeds {
  const scenes = [batch * MAX_FRAMES];
  const boxes = [batch * MAX_FRAMES * MAX_ROWS * 4];
  const areas = [batch * looks * LOOK_TOKENS];
  return {
    sceneKind: i32(dense.sceneKind, scenes),
    sceneKindWeight: f32(dense.sceneKindWeight, scenes),
    sceneAsked: i32(dense.sceneAsked, scenes),
    sceneAskedWeight: f32(dense.sceneAskedWeight, scenes),
    sceneBox: i32(dense.sceneBox, boxes),
    sceneBoxWeight: f32(dense.sceneBoxWeight, boxes),
    ...(looks > 0
      ? {
          clipArea: i32(dense.clipArea, areas),
          clipAreaWeight: f32(dense.clipAreaWeight, areas),
        }
      : {}),
  };
}

export function f32(data: Float32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', data, dims);
}

export function i32(data: Int32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int32', data, dims);
}

export function u8(data: Uint8Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('uint8', data, dims);
}

export function scalar(x: number): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.of(x), []);
}
