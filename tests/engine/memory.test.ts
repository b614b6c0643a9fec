import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Graph } from '../../engine/graph/graph.js';
import { peakBytes } from '../../engine/graph/peak.js';
import { supervisedGraph } from '../../engine/policy/training-graphs.js';
import { Sessions } from '../../engine/sessions.js';
import { compiledRooms } from '../support/compiled.js';

interface Ended {
  readonly told: readonly unknown[];
  readonly peakKiB: number;
}

describe('a graph without the memory that it needs', () => {
  it('is refused before it is made where its tensors alone outgrow the machine, with shape and remedy', async () => {
    const policy = { width: 1024, layers: 32, heads: 8, maxLooks: 6 };
    const shape = { batch: 1024, looks: 6 };
    const sessions = new Sessions({ threads: 1, policy });
    const build = (): Graph => supervisedGraph(policy, shape, { auxiliary: true, glance: true });
    const step = sessions.run('supervised/1024/6/dense/glance', build, {});
    await expect(step).rejects.toMatchObject({
      name: 'MemoryFailure',
      message: expect.stringMatching(
        /^out of memory: the supervised graph for a batch of 1024 with 6 looks of a policy of width 1024 and 32 layers needs at least \d+\.\d GiB at once, and this process can have \d+\.\d GiB$/,
      ) as string,
      hint: expect.stringContaining('lower compute.microBatch') as string,
    });
    await sessions.close();
  }, 120_000);

  it.skipIf(process.platform !== 'linux')(
    'says which graph and shape ran out, and leaves an engine that still works (needs Linux: ulimit)',
    async () => {
      const { folder, remove } = await compiledRooms('short', ['domain', 'engine', 'tests/engine/children']);
      onTestFinished(remove);
      const child = path.join(folder, 'tests/engine/children/short-of-memory.js');
      const steps = async (limit: string, batches: string): Promise<Ended> => {
        const command = `ulimit -v ${limit} && exec "${process.execPath}" "${child}" ${batches}`;
        const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command]);
        return JSON.parse(stdout) as Ended;
      };
      // How much address space Node reserves differs by its version.
      const { peakKiB } = await steps('unlimited', '4');
      const { told } = await steps(String(peakKiB + 200 * 1024), '512 4');
      const [large, small] = told;
      expect(large).toMatchObject({
        name: 'MemoryFailure',
        message: expect.stringMatching(
          /^out of memory: the supervised graph for a batch of 512 with 3 looks of a policy of width 32 and 1 layers could not run \(.*std::bad_alloc\)$/,
        ) as string,
      });
      expect(small).toBe('done');
    },
  );
});

describe('the bytes that a graph holds at its fullest', () => {
  it('count each tensor from its making to its last use, and outputs to the end', () => {
    const g = new Graph();
    const x = g.input('x', 'float32', [100]);
    const twice = g.apply('Add', [x, x], 'float32', [100]);
    const more = g.apply('Add', [twice, x], 'float32', [100]);
    g.apply('Exp', [more], 'float32', [100]);
    g.output('y', g.apply('Neg', [more], 'float32', [100]));
    // While -more is made: it and more. Exp serves nobody.
    expect(peakBytes(g)).toBe(800);
  });

  it.each([
    ['int64', 7, 8],
    ['float32', 1, 4],
    ['bool', 9, 1],
  ] as const)('know that an element of %s has its size', (dtype, to, bytes) => {
    const g = new Graph();
    const ids = g.input('ids', 'int32', [10]);
    g.output('y', g.apply('Cast', [ids], dtype, [10], { to: { int: to } }));
    expect(peakBytes(g)).toBe(10 * bytes);
  });
});
