import { z } from 'zod';
import type { OptimizerConfig } from '../../domain/curriculum.js';
import { share, strict } from './values.js';

const rate = z.number().positive().max(1);

/** What differs between teaching by example and reinforcement. */
interface Defaults {
  readonly type: OptimizerConfig['type'];
  readonly lr: number;
  readonly muonLr: number;
  /** An end rate that is not given is the rate over this. */
  readonly fallsTo: number;
  readonly decayShare: number;
}

/** ours: Muon left the plateau on which Adam alone stayed; half of the gain comes in the decay. */
const SUPERVISED: Defaults = { type: 'muon', lr: 1e-3, muonLr: 0.01, fallsTo: 10, decayShare: 0.5 };

/** ours: flat; Muon or a rate of 1e-3 collapsed reinforcement at this size. The ancestor: 1e-6 for a 7B policy. */
const REINFORCEMENT: Defaults = { type: 'adamw', lr: 2e-4, muonLr: 0.01, fallsTo: 1, decayShare: 0 };

/** Everything may be left out; rates that are left out follow those that are given. */
function optimizer(defaults: Defaults) {
  return strict({
    type: z.enum(['adamw', 'muon']).default(defaults.type),
    lr: rate.default(defaults.lr),
    lrEnd: rate.optional(),
    muonLr: rate.optional(),
    muonLrEnd: rate.optional(),
    decayShare: share.default(defaults.decayShare),
    decay: z.enum(['linear', 'cosine']).default('linear'), // ours
    warmupSteps: z.int().min(0).max(100_000).default(0), // ours
    weightDecay: share.default(0), // ours
    beta1: share.lt(1).default(0.9), // ours
    beta2: share.lt(1).default(0.95), // ours: short runs
    clipNorm: z.number().min(0).max(1000).default(1), // ancestor
  })
    .check((context) => {
      const given = context.value;
      const refuse = (key: string, message: string): void => {
        context.issues.push({ code: 'custom', input: given, path: [key], message });
      };
      for (const key of ['muonLr', 'muonLrEnd'] as const)
        if (given.type === 'adamw' && given[key] !== undefined)
          refuse(key, `${key} has no effect with type adamw: remove it, or set type: muon`);
      if (given.lrEnd !== undefined && given.lrEnd > given.lr)
        refuse('lrEnd', `lrEnd ${given.lrEnd} is above lr ${given.lr}: the rate only falls; lower lrEnd`);
      const muonLr = given.muonLr ?? defaults.muonLr;
      if (given.muonLrEnd !== undefined && given.muonLrEnd > muonLr)
        refuse(
          'muonLrEnd',
          `muonLrEnd ${given.muonLrEnd} is above muonLr ${muonLr}: the rate only falls; lower muonLrEnd`,
        );
    })
    .transform(({ lrEnd, muonLr: givenMuonLr, muonLrEnd, ...rest }): OptimizerConfig => {
      const muonLr = rest.type === 'muon' ? (givenMuonLr ?? defaults.muonLr) : 0;
      return {
        ...rest,
        lrEnd: lrEnd ?? rest.lr / defaults.fallsTo,
        muonLr,
        muonLrEnd: muonLrEnd ?? muonLr / defaults.fallsTo,
      };
    })
    .prefault({});
}

export const supervisedOptimizer = optimizer(SUPERVISED);
export const reinforcementOptimizer = optimizer(REINFORCEMENT);
