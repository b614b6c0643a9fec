import type { Knobs } from '../../domain/town/knobs.js';
import { lookFpsOf } from '../../domain/town/knobs.js';
import type { TownPlan } from '../../domain/town/plan.js';
import { planTown } from '../../domain/town/plan.js';
import type { Rates } from '../../domain/town/places.js';
import type { Draft } from '../../domain/town/asks.js';
import { draftTownQuestions } from '../../domain/town/questions.js';
import type { TownScene } from '../../domain/town/records.js';
import { stream } from '../../domain/seeds.js';
import type { Split } from '../../domain/world/records.js';
import { film } from '../../infra/town/film.js';

export interface Sample {
  readonly plan: TownPlan;
  readonly scenes: readonly TownScene[];
  readonly rates: Rates;
  readonly drafts: readonly Draft[];
}

/** A town's videos without their encoding: plan, truth and questions. */
export function samples(
  knobs: Knobs,
  videos: number,
  { seed = 9, split = 'train', questions = 9 }: { seed?: number; split?: Split; questions?: number } = {},
): readonly Sample[] {
  return Array.from({ length: videos }, (_, index) => {
    const plan = planTown(seed, split, index, knobs);
    const shot = film(plan);
    for (const _frame of shot.frames);
    const rates = { fps: knobs.fps, lookFps: lookFpsOf(knobs) };
    const drafts = draftTownQuestions(stream('test', index), shot.scenes, rates, index, questions);
    return { plan, scenes: shot.scenes, rates, drafts };
  });
}
