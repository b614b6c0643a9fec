import type { SupervisedBatch } from '../../../engine/batches.js';
import { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import { optimizerGraph } from '../../../engine/optim/optimizer-graph.js';
import { freshOptimizer, type PolicyState } from '../../../engine/policy/state.js';
import { supervisedGraph } from '../../../engine/policy/training-graphs.js';
import type { Graph } from '../../../engine/graph/graph.js';
import type { Handover } from './ours-handover.js';
import type { TrainCheck, TrainScenario } from './scenarios.js';

const CHECKED_STEPS = 3;

/** A training step as the training activity takes it: through the engine's own door, weights and moments in and out. */
export class OursTrain {
  readonly #scenario: TrainScenario;
  readonly #engine: EmbeddedEngine;
  readonly #batch: SupervisedBatch;
  #state: PolicyState;

  constructor(scenario: TrainScenario, handover: Handover, threads: number) {
    this.#scenario = scenario;
    this.#engine = new EmbeddedEngine(scenario.spec, { threads });
    this.#batch = {
      shape: { batch: scenario.batch, looks: scenario.looks },
      words: handover.ints('words'),
      thumbs: handover.bytes('thumbs'),
      actions: handover.ints('actions'),
      lookKinds: handover.ints('lookKinds'),
      pixels: handover.bytes('pixels'),
      weights: handover.floats('weights'),
      glance: true,
      dense: {
        sceneKind: handover.ints('sceneKind'),
        sceneKindWeight: handover.floats('sceneKindWeight'),
        sceneAsked: handover.ints('sceneAsked'),
        sceneAskedWeight: handover.floats('sceneAskedWeight'),
        sceneBox: handover.ints('sceneBox'),
        sceneBoxWeight: handover.floats('sceneBoxWeight'),
        clipArea: scenario.looks > 0 ? handover.ints('clipArea') : new Int32Array(),
        clipAreaWeight: scenario.looks > 0 ? handover.floats('clipAreaWeight') : new Float32Array(),
      },
    };
    this.#state = { weights: handover.weights(scenario.spec), optimizer: freshOptimizer(scenario.spec) };
  }

  async check(): Promise<TrainCheck> {
    const losses: number[] = [];
    const gradNorms: number[] = [];
    for (let i = 0; i < CHECKED_STEPS; i++) {
      const { loss, gradNorm } = await this.run();
      losses.push(loss);
      gradNorms.push(gradNorm);
    }
    return { losses, gradNorms };
  }

  async run(): Promise<{ readonly loss: number; readonly gradNorm: number }> {
    const { optimizer } = this.#scenario;
    const { gradients, stats } = await this.#engine.supervised(
      this.#state.weights,
      this.#engine.zeroGradients(),
      this.#batch,
    );
    const stepped = await this.#engine.optimizerStep(this.#state, gradients, optimizer, optimizer);
    this.#state = stepped.state;
    return { loss: stats['actionLoss']! + stats['auxiliaryLoss']!, gradNorm: stepped.gradNorm };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** The graphs of a step, for counting and profiling. */
export function trainGraphs({ spec, batch, looks, optimizer }: TrainScenario): {
  readonly backward: Graph;
  readonly optimizer: Graph;
} {
  const { type, beta1, beta2, weightDecay, clipNorm } = optimizer;
  return {
    backward: supervisedGraph(spec, { batch, looks }, { auxiliary: true, glance: true }),
    optimizer: optimizerGraph(spec, { type, beta1, beta2, weightDecay, clipNorm }),
  };
}
