/** Takes 2,000 training steps of changing shapes, and says as JSON how much memory stood in use after each twenty. */
import { stream } from '../../../domain/seeds.js';
import { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import { freshOptimizer, freshWeights, type PolicyState } from '../../../engine/policy/state.js';
import { blankBatch } from './blank-batch.js';

const STEPS = 2_000;
const SPEC = { width: 32, layers: 1, heads: 4, maxLooks: 3 };
const OPTIMIZER = { type: 'adamw', beta1: 0.9, beta2: 0.95, weightDecay: 0, clipNorm: 1 } as const;

const engine = new EmbeddedEngine(SPEC, { threads: 1 });
let state: PolicyState = { weights: freshWeights(SPEC, 1), optimizer: freshOptimizer(SPEC) };
const random = stream('flat memory');
const shapes = new Set<string>();
const rssBytes: number[] = [];
for (let step = 0; step < STEPS; step++) {
  // Another batch size now and then: 32 shapes in all, where 24 sessions are kept.
  const batch = random.int(0, 16) === 0 ? random.int(1, 5) : 2;
  const looks = random.int(0, 4);
  const glance = random.int(0, 2) === 0;
  shapes.add(`${batch}/${looks}/${glance}`);
  const { gradients } = await engine.supervised(
    state.weights,
    engine.zeroGradients(),
    blankBatch(batch, looks, glance),
  );
  const rates = { lr: 1e-4, muonLr: 0 };
  state = (await engine.optimizerStep(state, gradients, OPTIMIZER, rates)).state;
  if (step % 20 !== 19) continue;
  globalThis.gc?.();
  rssBytes.push(process.memoryUsage.rss());
}
await engine.close();
console.log(JSON.stringify({ rssBytes, shapes: shapes.size }));
