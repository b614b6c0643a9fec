import { continueAsNew, isCancellation, setHandler } from '@temporalio/workflow';
import type { Stage } from '../domain/curriculum.js';
import { stageStatusQuery } from './messages.js';
import { runRl } from './rl.js';
import { leaving, shortageIn } from './memory-room.js';
import { StageRun } from './stage-run.js';
import { initialState, type StageInput, type StageResult } from './stage-state.js';
import { runSupervised } from './supervised.js';

/**
 * One stage of a curriculum: from the policy it starts from to the policy it leaves. Every checkpoint on the way
 * stands by itself, so a stage that is cancelled or fails loses at most the step that was under way. One that memory ran
 * out in leaves its state to the one that goes on.
 */
export async function stage(input: StageInput): Promise<StageResult> {
  const run = new StageRun(input, input.state ?? initialState(input, Date.now()));
  setHandler(stageStatusQuery, () => run.status());
  try {
    await steps(input.stage, run);
  } catch (error) {
    const shortage = shortageIn(error);
    await run.end(isCancellation(error) ? 'cancelled' : shortage === null ? 'failed' : 'paused');
    throw shortage === null ? error : leaving(run.state, shortage, error);
  }
  if (run.state.step < input.stage.steps) return continueAsNew<typeof stage>({ ...input, state: run.state });
  await run.end('completed');
  const { checkpoint, series, ledger } = run.state;
  return { checkpoint, series, ledger, status: run.status() };
}

function steps(stage: Stage, run: StageRun): Promise<void> {
  switch (stage.type) {
    case 'pretrain':
    case 'sft':
      return runSupervised(stage, run);
    case 'rl':
      return runRl(stage, run);
    default:
      return stage satisfies never;
  }
}
