import type { PretrainStage, SftStage } from '../domain/curriculum.js';
import { inFlight } from './pool.js';
import { cpu, train } from './proxies.js';
import type { StageRun } from './stage-run.js';

/** As many as the cpu worker runs at a time. */
const PARTS_IN_FLIGHT = 2;
/** From this many samples on, a stage's data is made in more and smaller parts. */
const MANY_SAMPLES = 8_000;

/** Makes the demonstrations, then trains on them, `stepsPerCommit` steps to an activity. */
export async function runSupervised(stage: PretrainStage | SftStage, run: StageRun): Promise<void> {
  await synthesize(stage, run);
  const { input, state } = run;
  const { seed, policy, compute } = input;
  run.stepsBegin();
  while (state.step < stage.steps && !run.isLong) {
    const [fromStep, toStep] = [state.step, Math.min(state.step + stage.stepsPerCommit, stage.steps)];
    const trained = await train.trainSupervised.executeWithOptions(
      { summary: `${stage.name} · steps ${fromStep + 1}–${toStep} of ${stage.steps}` },
      [
        {
          at: { run: input.run, stage: stage.name, step: toStep },
          seed,
          policy,
          compute,
          stage,
          fromStep,
          toStep,
          checkpoint: state.checkpoint,
          set: { data: input.train, parts: state.parts, count: state.demonstrations },
        },
      ],
    );
    await run.committed(toStep, trained.checkpoint, trained.metrics, trained.timeMs);
  }
}

async function synthesize(stage: PretrainStage | SftStage, { input, state }: StageRun): Promise<void> {
  if (state.parts.length > 0) return;
  const samples = stage.type === 'sft' ? stage.trajectories.count : stage.samples;
  const parts = Math.min(samples, samples < MANY_SAMPLES ? 4 : 8);
  const { run, seed, train: data, policy } = input;
  const made = await inFlight([...Array(parts).keys()], PARTS_IN_FLIGHT, (part) =>
    cpu.synthesize.executeWithOptions({ summary: `${stage.name} · demonstrations ${part + 1} of ${parts}` }, [
      { at: { run, stage: stage.name, step: 0 }, seed, data, stage, policy, part, parts },
    ]),
  );
  state.parts = made.map(({ ref }) => ref);
  state.demonstrations = made.reduce((sum, { count }) => sum + count, 0);
}
