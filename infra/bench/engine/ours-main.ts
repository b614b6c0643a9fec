import { createInterface } from 'node:readline';
import { matmulFlops } from '../../../engine/graph/flops.js';
import { CLOCKS, type Clock } from '../clocks.js';
import { OursDecode } from './ours-decode.js';
import { Handover } from './ours-handover.js';
import { profiled } from './ours-profile.js';
import { OursTrain, trainGraphs } from './ours-train.js';
import { Peak } from './peak.js';
import type { Scenario, TrainScenario } from './scenarios.js';
import { measureSize, type SizeRequest } from './sizes.js';

/** The child process that measures our engine; see child.ts for how it is spoken to. */
type Request = { readonly id: number; readonly threads: number } & (
  | { readonly task: 'open'; readonly scenario: Scenario }
  | {
      readonly task: 'measure';
      readonly name: string;
      readonly times: number;
      readonly warmUp: boolean;
      readonly clock: Clock;
    }
  | { readonly task: 'close'; readonly name: string }
  | { readonly task: 'peak'; readonly clock: Clock }
  | { readonly task: 'count'; readonly scenario: TrainScenario }
  | { readonly task: 'profile'; readonly scenario: TrainScenario; readonly runs: number }
  | { readonly task: 'size'; readonly size: SizeRequest }
);

const open = new Map<string, OursTrain | OursDecode>();
let peak: Peak | null = null;

// One request at a time, in order; the end of the input is the end of this process.
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  try {
    say({ id: request.id, result: await answer(request) });
  } catch (error) {
    say({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
}
process.exit();

async function answer(request: Request): Promise<unknown> {
  const { threads } = request;
  switch (request.task) {
    case 'open': {
      const { scenario } = request;
      const handover = new Handover(scenario.file);
      const side =
        scenario.kind === 'train'
          ? new OursTrain(scenario, handover, threads)
          : new OursDecode(scenario, handover, threads);
      open.set(scenario.name, side);
      return side.check();
    }
    case 'measure': {
      const side = open.get(request.name)!;
      // The other side has had the caches to itself.
      if (request.warmUp) await side.run();
      const ms: number[] = [];
      for (let i = 0; i < request.times; i++) {
        const started = CLOCKS[request.clock]();
        await side.run();
        ms.push(CLOCKS[request.clock]() - started);
      }
      return ms;
    }
    case 'close': {
      await open.get(request.name)?.close();
      open.delete(request.name);
      return null;
    }
    case 'peak':
      return (peak ??= new Peak(threads)).run(CLOCKS[request.clock]);
    case 'count': {
      const graphs = trainGraphs(request.scenario);
      return { backward: matmulFlops(graphs.backward), optimizer: matmulFlops(graphs.optimizer) };
    }
    case 'profile': {
      const graphs = trainGraphs(request.scenario);
      const handover = new Handover(request.scenario.file);
      const options = { threads, runs: request.runs };
      return {
        backward: await profiled(graphs.backward, handover, options),
        optimizer: await profiled(graphs.optimizer, handover, options),
      };
    }
    case 'size':
      return measureSize(request.size, threads);
    default:
      return request satisfies never;
  }
}

function say(reply: object): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
