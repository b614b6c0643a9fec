/** Runs a step of each batch size that it is given; says as JSON how each went, and the most address space it had. */
import { readFileSync } from 'node:fs';
import { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import { freshWeights } from '../../../engine/policy/state.js';
import { blankBatch } from './blank-batch.js';

const SPEC = { width: 32, layers: 1, heads: 4, maxLooks: 3 };
const engine = new EmbeddedEngine(SPEC, { threads: 1 });
const weights = freshWeights(SPEC, 1);
const told: unknown[] = [];
for (const batch of process.argv.slice(2).map(Number)) {
  try {
    await engine.supervised(weights, engine.zeroGradients(), blankBatch(batch, 3));
    told.push('done');
  } catch (error) {
    const { name, message, hint } = error as { name: string; message: string; hint?: string };
    told.push({ name, message, hint });
  }
}
await engine.close();
const peakKiB = Number(/VmPeak:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
console.log(JSON.stringify({ told, peakKiB }));
