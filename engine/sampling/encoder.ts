import { f32, u8, type Feeds } from '../feeds.js';
import { encoderGraph } from '../policy/encoder-graph.js';
import { CLIP, CROP, LOOK_CLIP, LOOK_CROP, LOOK_TOKENS, type PolicySpec } from '../policy/spec.js';
import type { Sessions } from '../sessions.js';
import type { Look } from './rollouts.js';

/** Pictures that are encoded at once. */
const PICTURES = 16;

/**
 * What the vision stem sees in looks, each by the stem of its kind alone: `seen` [batch, 18, D], rows beyond the looks and
 * looks without a picture 0.
 */
export async function encodeLooks(
  { spec, sessions, weights }: { spec: PolicySpec; sessions: Sessions; weights: Feeds },
  looks: readonly Look[],
  batch: number,
): Promise<Feeds[string]> {
  const perLook = LOOK_TOKENS * spec.width;
  const seen = new Float32Array(batch * perLook);
  for (const [name, kind, { widthPx, heightPx }] of [
    ['clip', LOOK_CLIP, CLIP],
    ['crop', LOOK_CROP, CROP],
  ] as const) {
    const rows = looks.flatMap((look, row) => (look.kind === kind ? [row] : []));
    const bytes = widthPx * heightPx;
    for (let start = 0; start < rows.length; start += PICTURES) {
      const part = rows.slice(start, start + PICTURES);
      const pictures = new Uint8Array(PICTURES * bytes);
      part.forEach((row, i) => {
        pictures.set(looks[row]!.pixels.subarray(0, bytes), i * bytes);
      });
      const out = await sessions.run(`encode/${name}/${PICTURES}`, () => encoderGraph(spec, name, PICTURES), {
        ...weights,
        pictures: u8(pictures, [PICTURES, bytes]),
      });
      const tokens = out['tokens']!.data as Float32Array;
      part.forEach((row, i) => {
        seen.set(tokens.subarray(i * perLook, (i + 1) * perLook), row * perLook);
      });
    }
  }
  return f32(seen, [batch, LOOK_TOKENS, spec.width]);
}
