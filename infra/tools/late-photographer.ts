import type { Photographer } from '../../activities/conversation/pictures.js';

/** A photographer that is made when the first picture is asked for: who hardly ever needs one loads no decoder. */
export function latePhotographer(make: () => Promise<Photographer>): Photographer {
  return {
    facts: async (...given) => (await make()).facts(...given),
    async *shoot(...given) {
      yield* (await make()).shoot(...given);
    },
  };
}
