import { SLOT } from '../../../domain/protocol/compact.js';
import { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import { LOOK_BYTES } from '../../../engine/policy/spec.js';
import type { Handover } from './ours-handover.js';
import type { DecodeCheck, DecodeScenario } from './scenarios.js';

/** Rollouts from prompt to last turn, as the sampling activity takes them. What a tool would answer is given. */
export class OursDecode {
  readonly #scenario: DecodeScenario;
  readonly #handover: Handover;
  readonly #engine: EmbeddedEngine;
  readonly #weights: ReadonlyMap<string, Float32Array>;

  constructor(scenario: DecodeScenario, handover: Handover, threads: number) {
    this.#scenario = scenario;
    this.#handover = handover;
    this.#engine = new EmbeddedEngine(scenario.spec, { threads });
    this.#weights = handover.weights(scenario.spec);
  }

  check(): Promise<DecodeCheck> {
    return this.run();
  }

  async run(): Promise<DecodeCheck> {
    const { batch, looks, temperature } = this.#scenario;
    const kinds = this.#handover.ints('lookKinds');
    const pixels = this.#handover.bytes('pixels');
    const uniforms = this.#handover.floats('uniforms');
    const said: Int32Array[] = [];
    const tokens: number[] = [];
    const logProbs: number[] = [];
    for (let turn = 0; turn <= looks; turn++) {
      const drawn = await this.#engine.sample(this.#weights, {
        shape: { batch, looks: turn },
        words: this.#handover.ints('words'),
        thumbs: this.#handover.bytes('thumbs'),
        actions: beside(said, batch, SLOT),
        lookKinds: firstOf(kinds, batch, looks, turn),
        pixels: firstOf(pixels, batch, looks * LOOK_BYTES, turn * LOOK_BYTES),
        uniforms: uniforms.slice(turn * batch * SLOT, (turn + 1) * batch * SLOT),
        temperature,
        greedy: false,
        forced: new Int32Array(batch),
      });
      said.push(drawn.tokens);
      tokens.push(...drawn.tokens);
      logProbs.push(...drawn.logProbs);
    }
    return { tokens, logProbs };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** The first `count` of each row's `width`. */
function firstOf<Data extends Int32Array | Uint8Array>(
  data: Data,
  rows: number,
  width: number,
  count: number,
): Data {
  const out = new (data.constructor as new (size: number) => Data)(rows * count);
  for (let row = 0; row < rows; row++) out.set(data.subarray(row * width, row * width + count), row * count);
  return out;
}

/** Turns [B, width] each, side by side: [B, turns, width]. */
function beside(turns: readonly Int32Array[], batch: number, width: number): Int32Array {
  const out = new Int32Array(batch * turns.length * width);
  turns.forEach((turn, k) => {
    for (let row = 0; row < batch; row++)
      out.set(turn.subarray(row * width, (row + 1) * width), (row * turns.length + k) * width);
  });
  return out;
}
