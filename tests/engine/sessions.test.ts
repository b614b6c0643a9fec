import { describe, expect, it, onTestFinished } from 'vitest';
import { Graph } from '../../engine/graph/graph.js';
import { Sessions, type Session } from '../../engine/sessions.js';
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

async function first(session: Session): Promise<number> {
  const { y } = await session.run({ x: new ort.Tensor('float32', new Float32Array(SIZE), [SIZE]) });
  return (y as ort.Tensor).data[0] as number;
}

describe('sessions', () => {
  it('are built once a key while they are within the limit, and again once they were given up', async () => {
    const kept = sessions(2);
    const built: string[] = [];
    const ask = (key: string): Promise<Session> =>
      kept.get(key, () => {
        built.push(key);
        return adding(1)();
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(key);
    expect(built).toEqual(['a', 'b', 'c', 'b']);
  });

  it('run for whoever holds them, though others have pushed them out since', async () => {
    const kept = sessions(1);
    const held = await kept.get('held', adding(7));
    await kept.get('other', adding(1));
    expect(await first(held)).toBe(7);
  });

  it('are not released under a run: forty at once over two places give forty right answers', async () => {
    const kept = sessions(2);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => first(await kept.get(`k${i % 8}`, adding(i % 8)))),
    );
    expect(answers).toEqual(Array.from({ length: 40 }, (_, i) => i % 8));
  });

  it('that could not be built are asked for anew, each who waited having been told', async () => {
    const kept = sessions(4);
    const foreign = (): Graph => {
      const g = new Graph();
      g.output('y', g.apply('NoSuchOperator', [g.input('x', 'float32', [1])], 'float32', [1]));
      return g;
    };
    const both = await Promise.allSettled([kept.get('k', foreign), kept.get('k', foreign)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await first(await kept.get('k', adding(3)))).toBe(3);
  });

  it('that fail while they are pushed out leave nothing behind that would end the process', async () => {
    const kept = sessions(1);
    const refused = (): Graph => {
      throw new Error('not this one');
    };
    const failing = kept.get('bad', refused);
    const good = kept.get('good', adding(2));
    await expect(failing).rejects.toThrow('not this one');
    expect(await first(await good)).toBe(2);
  });

  it('can be closed while they are built and while they run; what was under way ends well', async () => {
    const kept = sessions(4);
    const held = await kept.get('held', adding(5));
    const running = first(held);
    const building = kept.get('building', adding(1));
    await Promise.all([kept.close(), kept.close()]);
    expect(await running).toBe(5);
    expect((await building).inputNames).toEqual(['x']);
    await expect(first(held)).rejects.toThrow('held: the engine is closed');
    await expect(kept.get('new', adding(1))).rejects.toThrow('closed');
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
