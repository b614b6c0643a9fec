/** How the tokens of a turn are drawn. */
export interface SamplingOptions {
  /** The most probable token each time; temperature and topP are then unused. */
  readonly greedy: boolean;
  readonly temperature: number;
  /** Draws from the nucleus that holds this much probability (Holtzman et al. 2020); 1 draws from all tokens. */
  readonly topP: number;
}

/** What evaluations and questions take. */
export const GREEDY: SamplingOptions = { greedy: true, temperature: 1, topP: 1 };
