import { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import { CLIP, CROP, LOOK_BYTES, LOOK_CLIP } from '../../../engine/policy/spec.js';
import type { DrawnTurn, Look, OpenRollout } from '../../../engine/sampling/rollouts.js';
import type { Handover } from './ours-handover.js';
import type { DecodeCheck, DecodeScenario } from './scenarios.js';

/** Rollouts from prompt to last turn, as the sampling activity draws them. What a tool would answer is given. */
export class OursDecode {
  readonly #scenario: DecodeScenario;
  readonly #engine: EmbeddedEngine;
  readonly #weights: ReadonlyMap<string, Float32Array>;
  readonly #prompts: readonly OpenRollout[];
  /** [turn][rollout] */
  readonly #looks: readonly (readonly Look[])[];
  readonly #uniforms: readonly (readonly Float32Array[])[];

  constructor(scenario: DecodeScenario, handover: Handover, threads: number) {
    const { batch, looks, spec } = scenario;
    this.#scenario = scenario;
    this.#engine = new EmbeddedEngine(spec, { threads, capacity: batch });
    this.#weights = handover.weights(spec);
    const row = <Data extends Int32Array | Uint8Array | Float32Array>(data: Data, rows: number, i: number) =>
      data.subarray((data.length / rows) * i, (data.length / rows) * (i + 1)) as Data;
    const kinds = handover.ints('lookKinds');
    const [words, thumbs, pixels, uniforms] = [
      handover.ints('words'),
      handover.bytes('thumbs'),
      handover.bytes('pixels'),
      handover.floats('uniforms'),
    ];
    const rollouts = [...Array(batch).keys()];
    this.#prompts = rollouts.map((i) => ({
      words: [...row(words, batch, i)],
      thumbs: row(thumbs, batch, i),
      actions: [],
      looks: [],
    }));
    this.#looks = Array.from({ length: looks }, (_, turn) =>
      rollouts.map((i): Look => {
        const at = i * looks + turn;
        const { widthPx, heightPx } = kinds[at] === LOOK_CLIP ? CLIP : CROP;
        return {
          kind: kinds[at]!,
          pixels: pixels.subarray(at * LOOK_BYTES, at * LOOK_BYTES + widthPx * heightPx),
        };
      }),
    );
    this.#uniforms = Array.from({ length: looks + 1 }, (_, turn) =>
      rollouts.map((i) => row(uniforms, (looks + 1) * batch, turn * batch + i)),
    );
  }

  check(): Promise<DecodeCheck> {
    return this.run();
  }

  async run(): Promise<DecodeCheck> {
    const { looks, temperature } = this.#scenario;
    const options = { greedy: false, temperature, topP: 1 };
    const tokens: number[] = [];
    const logProbs: number[] = [];
    let rollouts = this.#prompts;
    let turns: readonly DrawnTurn[] = [];
    for (let turn = 0; turn <= looks; turn++) {
      turns = await Promise.all(
        rollouts.map((rollout, i) =>
          this.#engine.drawTurn(this.#weights, options, {
            rollout,
            memory: turns[i]?.memory ?? null,
            uniforms: this.#uniforms[turn]![i]!,
            forced: false,
          }),
        ),
      );
      for (const drawn of turns) {
        tokens.push(...drawn.tokens);
        logProbs.push(...drawn.logProbs);
      }
      const brought = this.#looks[turn];
      if (brought)
        rollouts = rollouts.map((rollout, i) => ({
          ...rollout,
          actions: [...rollout.actions, [...turns[i]!.tokens]],
          looks: [...rollout.looks, brought[i]!],
        }));
    }
    return { tokens, logProbs };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
