import { UserError } from '../../domain/failures.js';
import { pythonsOf } from '../../domain/pythons.js';
import { acceptChangesSignal, type RunState } from '../../workflows/messages.js';
import { changedParts } from '../../workflows/run-book.js';
import { fingerprintParts } from '../setup/fingerprint.js';
import { curriculumChange } from './curriculum-changes.js';
import { hasEnded } from './run-state.js';
import type { RunMemo, StartRequest } from './runs.js';
import type { Session } from './session.js';

/** A run that is paused, or has ended before its end, may go on with more or less room than it had, where that is accepted. */
export function refuseOtherCurriculum(
  { name, curriculum, acceptChanges }: StartRequest,
  memo: RunMemo,
  baseSha256: string | null,
  state: RunState,
): void {
  const { kind, differences } = curriculumChange(memo.curriculum, curriculum);
  const sameBase = memo.baseSha256 === baseSha256;
  if (sameBase && (kind === 'none' || (kind === 'room' && state === 'paused'))) return;
  const list = [...differences.slice(0, MOST_NAMED), ...(differences.length > MOST_NAMED ? ['…'] : [])];
  const named = list.map((line) => `\n  ${line}`).join('');
  if (sameBase && kind === 'room' && state !== 'completed') {
    if (!hasEnded({ state }))
      throw new UserError(
        `the run "${name}" is going on with other settings (${memo.file}):${named}`,
        `they can change once it is paused or has ended: ruminate cancel ${name} stops it, and its last checkpoint stands`,
      );
    if (acceptChanges) return;
    throw new UserError(
      `the run "${name}" was started with other settings (${memo.file}), so its bytes would not be those of one run:${named}`,
      'go on with --accept-changes; what it has committed is not done twice',
    );
  }
  throw new UserError(
    `the run "${name}" was started from ${kind === 'none' ? 'another base policy' : 'a curriculum that says something else'} (${memo.file})${kind === 'none' ? '' : `:${named}`}`,
    `give the new run a name of its own with --name, or see the old one: ruminate status ${name}`,
  );
}

const MOST_NAMED = 5;

/** Other versions of what shapes the bytes than those that a run has recorded are refused, unless accepted. */
export async function settleChanges(
  session: Session,
  { name, curriculum, acceptChanges }: StartRequest,
  { madeBy }: RunMemo,
  running: boolean,
): Promise<void> {
  const changes =
    madeBy === undefined ? [] : changedParts(madeBy, await fingerprintParts(pythonsOf(curriculum.policy)));
  if (changes.length === 0) return;
  if (!acceptChanges)
    throw new UserError(
      `the run "${name}" was made with other versions than are here now, so its bytes would not be the same:\n  ${changes.join('\n  ')}`,
      'bring the old versions back, go on with --accept-changes, or start anew with --name',
    );
  if (running) await session.temporal.workflow.getHandle(name).signal(acceptChangesSignal);
}
