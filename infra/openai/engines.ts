import type { PolicyEngine } from '../../activities/policy-engine.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import { BugFailure } from '../../domain/failures.js';
import { ChatClient } from './client.js';
import { OpenAiEngine } from './engine.js';
import type { KeyFinder } from './keys.js';
import { EndpointPool } from './pool.js';

/** Engines of served models, kept for the life of a worker; all share one pool, because limits are the endpoints'. */
export class ServedEngines {
  readonly #pool = new EndpointPool();
  readonly #engines = new Map<string, OpenAiEngine>();

  readonly #keyOf: KeyFinder;

  constructor(keyOf: KeyFinder) {
    this.#keyOf = keyOf;
  }

  readonly of = ({ engine }: AnswerSpec): PolicyEngine => {
    if (engine.type !== 'openai') throw new BugFailure(`expected a served model, got one of ${engine.type}`);
    const key = JSON.stringify(engine);
    let known = this.#engines.get(key);
    if (known === undefined) {
      known = new OpenAiEngine(engine, new ChatClient(engine.timeouts, this.#keyOf), this.#pool);
      this.#engines.set(key, known);
    }
    return known;
  };

  async close(): Promise<void> {
    for (const engine of this.#engines.values()) await engine.close();
    this.#engines.clear();
  }
}
