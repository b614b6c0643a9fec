import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capabilities, PolicyEngine, SampleRequest } from '../../activities/policy-engine.js';
import type { ConversationTurn, Looked } from '../../domain/conversation/records.js';

/** A backend under test, with conversations that it can speak in. */
export interface EngineUnderTest {
  readonly engine: PolicyEngine;
  /** The request after these turns. `final`: the next message must be the answer. */
  request(
    turns: readonly ConversationTurn[],
    options: { readonly final: boolean; readonly protocol: 'tools' | 'text'; readonly key?: string },
  ): SampleRequest;
  /** What a call would be answered with. */
  look(turn: ConversationTurn['spoken']): Looked | Promise<Looked>;
  close(): Promise<void>;
}

/** What every PolicyEngine keeps, for what it says it can do. */
export function policyEngineContract(name: string, make: () => Promise<EngineUnderTest>): void {
  describe(`the policy engine ${name}`, () => {
    let under: EngineUnderTest;
    let can: Capabilities;

    beforeAll(async () => {
      under = await make();
      can = await under.engine.capabilities();
    });
    afterAll(() => under.close());

    const protocol = (): 'tools' | 'text' => (can.tools ? 'tools' : 'text');

    it('says what it can do, and can at least see and speak', () => {
      expect(can).toMatchObject({ sample: true, vision: true });
      for (const ability of ['logProbs', 'train', 'embed', 'gpu', 'tools'] as const)
        expect(typeof can[ability]).toBe('boolean');
      expect(under.engine.name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('says either an action or why there is none, and what it cost', async () => {
      const message = await under.engine.sample(under.request([], { final: false, protocol: protocol() }));
      expect(message.action === null).toBe(message.failure !== undefined);
      expect(message).toMatchObject({ final: false, protocol: protocol(), spent: { messages: 1 } });
      expect(message.spent.completionTokens + message.spent.unmetered).toBeGreaterThan(0);
    });

    it('carries a conversation to its end: looks only while it may, and never a look when it must answer', async () => {
      const turns: ConversationTurn[] = [];
      for (let turn = 0; turn < 4; turn++) {
        const final = turn === 3;
        const spoken = await under.engine.sample(
          under.request(turns, { final, protocol: protocol(), key: `turn ${turn}` }),
        );
        expect(spoken.final).toBe(final);
        if (final) expect(['clip', 'crop']).not.toContain(spoken.action?.tool);
        if (spoken.action?.tool === 'answer' || final) break;
        turns.push({ spoken, looked: await under.look(spoken) });
      }
      expect(turns.length).toBeLessThanOrEqual(3);
    });

    it('gives a log-probability of at most 0 for each token that it says it knows', async () => {
      const asked = under.request([], { final: true, protocol: protocol() });
      const { logProbs } = await under.engine.sample({
        ...asked,
        sampling: { ...asked.sampling, logProbs: true },
      });
      if (!can.logProbs) return;
      expect(logProbs?.length).toBeGreaterThan(0);
      for (const { logProb } of logProbs ?? []) expect(logProb).toBeLessThanOrEqual(0);
    });

    it('says the same again when it takes the most probable token each time', async () => {
      const asked = under.request([], { final: false, protocol: protocol() });
      const [one, two] = [await under.engine.sample(asked), await under.engine.sample(asked)];
      expect([two.text, two.action]).toEqual([one.text, one.action]);
    });

    it('keeps conversations apart that go on at once', async () => {
      const alone = await under.engine.sample(under.request([], { final: true, protocol: protocol() }));
      const many = await Promise.all(
        [1, 2, 3].map((i) =>
          under.engine.sample(under.request([], { final: true, protocol: protocol(), key: `many ${i}` })),
        ),
      );
      expect(many.map(({ action }) => action)).toEqual([alone.action, alone.action, alone.action]);
    });

    it('stops when it is told to, and goes on for others', async () => {
      const asked = under.request([], { final: false, protocol: protocol() });
      await expect(under.engine.sample(asked, AbortSignal.abort(new Error('stopped')))).rejects.toThrow();
      expect((await under.engine.sample(asked)).spent.messages).toBe(1);
    });
  });
}
