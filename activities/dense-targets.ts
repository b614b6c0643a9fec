import type { DenseTargets } from '../engine/batches.js';
import { BOX_BINS, CLIP, LOOK_CLIP, LOOK_TOKENS, MARK_CLASSES, MAX_ROWS } from '../engine/policy/spec.js';
import { goodBox, kindIndex } from '../domain/demonstration.js';
import { MAX_FRAMES } from '../domain/protocol/compact.js';
import type { Box01, TruthScene, VideoTruth } from '../domain/world/records.js';
import { MARKS } from '../domain/world/vocabulary.js';
import type { LoadedDataSet } from './datasets.js';
import type { Sequence } from './packs.js';

/** Weight of each dense term, spread over its targets: the whole weight divided by sequences in the step. */
export interface DenseShares {
  readonly weight: number;
  /** Sequences of the whole step. */
  readonly sequences: number;
}

/** What stands where, for the dense supervision: kinds and boxes of every scene, asked or not, and the shapes in every clip. */
export function denseTargets(
  data: LoadedDataSet,
  sequences: readonly Sequence[],
  batch: number,
  looks: number,
  { weight, sequences: total }: DenseShares,
): DenseTargets {
  const scenes = batch * MAX_FRAMES;
  const out = {
    sceneKind: new Int32Array(scenes),
    sceneKindWeight: new Float32Array(scenes),
    sceneAsked: new Int32Array(scenes),
    sceneAskedWeight: new Float32Array(scenes),
    sceneBox: new Int32Array(scenes * MAX_ROWS * 4),
    sceneBoxWeight: new Float32Array(scenes * MAX_ROWS * 4),
    clipArea: new Int32Array(batch * looks * LOOK_TOKENS),
    clipAreaWeight: new Float32Array(batch * looks * LOOK_TOKENS),
  };
  sequences.forEach((s, i) => {
    const truth = data.truths[s.video]!;
    const texts = truth.scenes.reduce((sum, scene) => sum + scene.items.length, 0);
    for (const scene of truth.scenes) {
      const at = i * MAX_FRAMES + scene.frame - 1;
      out.sceneKind[at] = kindIndex(scene.kind);
      out.sceneKindWeight[at] = weight / (total * MAX_FRAMES);
      out.sceneAsked[at] = Number(s.asked.includes(scene.frame));
      out.sceneAskedWeight[at] = weight / (total * MAX_FRAMES);
      scene.items.slice(0, MAX_ROWS).forEach((item, row) => {
        const start = (at * MAX_ROWS + row) * 4;
        out.sceneBox.set(boxBins(item.box01), start);
        out.sceneBoxWeight.fill(weight / (total * texts), start, start + 4);
      });
    }
    s.looks.forEach((look, k) => {
      const scene = look.kind === LOOK_CLIP ? sceneAt(truth, look.frame) : null;
      if (!scene) return;
      // Empty areas are many and easy: together they weigh as much as one mark.
      const start = (i * looks + k) * LOOK_TOKENS;
      out.clipArea.fill(markClass(null), start, start + LOOK_TOKENS);
      out.clipAreaWeight.fill(weight / (total * LOOK_TOKENS), start, start + LOOK_TOKENS);
      for (const { name, box01 } of shapesOf(scene)) {
        const at = start + areaOf(box01);
        out.clipArea[at] = markClass(name);
        out.clipAreaWeight[at] = weight / total;
      }
    });
  });
  return out;
}

/** The marks beside a scene's rows, and its symbol. */
function shapesOf({
  items,
  symbol,
}: TruthScene): readonly { readonly name: string; readonly box01: Box01 }[] {
  const marks = items.flatMap(({ mark, markBox01 }) =>
    mark === null || markBox01 === null ? [] : [{ name: mark, box01: markBox01 }],
  );
  return symbol === null ? marks : [...marks, symbol];
}

/** The token of a clip in whose area the middle of a box lies. */
function areaOf([x1, y1, x2, y2]: Box01): number {
  const cell = (middle01: number, cells: number): number => Math.min(cells - 1, Math.floor(middle01 * cells));
  return cell((y1 + y2) / 2, CLIP.rows) * CLIP.columns + cell((x1 + x2) / 2, CLIP.columns);
}

/** Position in the vocabulary; no mark comes last. */
function markClass(name: string | null): number {
  return name === null ? MARK_CLASSES - 1 : (MARKS as readonly string[]).indexOf(name);
}

function sceneAt(truth: VideoTruth, frame: number): TruthScene | null {
  return truth.scenes.find((scene) => scene.frame === frame) ?? null;
}

/** Bins of a text's good box, as the compact codec would write them. */
function boxBins(box01: TruthScene['items'][number]['box01']): readonly number[] {
  const [x1, y1, x2, y2] = goodBox(box01);
  const bin = (edge: number, high: number): number =>
    Math.min(BOX_BINS - 1, Math.max(0, Math.round(edge * BOX_BINS) - high));
  return [bin(x1, 0), bin(y1, 0), bin(x2, 1), bin(y2, 1)];
}
