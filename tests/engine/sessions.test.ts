import { describe, expect, it, onTestFinished } from 'vitest';
import { Graph } from '../../engine/graph/graph.js';
import { Sessions } from '../../engine/sessions.js';
import * as ort from 'onnxruntime-node';

const sessions = (limit: number): Sessions => {
  const made = new Sessions({ threads: 1, limit });
  onTestFinished(() => made.close());
  return made;
};

/** y = x + `by`; heavy enough that runs overlap. */
function adding(by: number): () => Graph {
  return () => {
    const g = new Graph();
    const x = g.input('x', 'float32', [SIZE]);
    g.output('y', g.apply('Add', [x, g.scalar(by)], 'float32', [SIZE]));
    return g;
  };
}
const SIZE = 4096;

/** 0 + `by`, by the session of a key. */
async function sum(kept: Sessions, key: string, by: number, build = adding(by)): Promise<number> {
  const { y } = await kept.run(key, build, {
    x: new ort.Tensor('float32', new Float32Array(SIZE), [SIZE]),
  });
  return (y as ort.Tensor).data[0] as number;
}

describe('sessions', () => {
  it('are built once a key while they are within the limit, and again once they were given up', async () => {
    const kept = sessions(2);
    const built: string[] = [];
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b'])
      await sum(kept, key, 1, () => {
        built.push(key);
        return adding(1)();
      });
    expect(built).toEqual(['a', 'b', 'c', 'b']);
  });

  it('are not released under a run: forty at once over two places give forty right answers', async () => {
    const kept = sessions(2);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => sum(kept, `k${i % 8}`, i % 8)));
    expect(answers).toEqual(Array.from({ length: 40 }, (_, i) => i % 8));
  });

  it('that could not be built are asked for anew, each who waited having been told', async () => {
    const kept = sessions(4);
    const foreign = (): Graph => {
      const g = new Graph();
      g.output('y', g.apply('NoSuchOperator', [g.input('x', 'float32', [SIZE])], 'float32', [SIZE]));
      return g;
    };
    const both = await Promise.allSettled([sum(kept, 'k', 0, foreign), sum(kept, 'k', 0, foreign)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await sum(kept, 'k', 3)).toBe(3);
  });

  it('that fail while they are pushed out leave nothing behind that would end the process', async () => {
    const kept = sessions(1);
    const failing = sum(kept, 'bad', 0, () => {
      throw new Error('not this one');
    });
    const good = sum(kept, 'good', 2);
    await expect(failing).rejects.toThrow('not this one');
    expect(await good).toBe(2);
  });

  it('can be closed while they are built and while they run; what was under way ends well', async () => {
    const kept = sessions(4);
    await sum(kept, 'held', 5);
    const running = sum(kept, 'held', 5);
    const building = sum(kept, 'building', 1);
    await Promise.all([kept.close(), kept.close()]);
    expect(await Promise.all([running, building])).toEqual([5, 1]);
    await expect(sum(kept, 'held', 5)).rejects.toThrow('held: the engine is closed');
    await expect(sum(kept, 'new', 1)).rejects.toThrow('closed');
  });

  it.each([0, 9, 1.5, Number.NaN])('are refused %s threads: beyond 8 their sums would differ', (threads) => {
    expect(() => new Sessions({ threads })).toThrow(
      expect.objectContaining({
        name: 'UserError',
        message: `expected 1 to 8 threads for a session, got ${threads}`,
        hint: expect.stringContaining('compute.threads') as string,
      }),
    );
  });
});
