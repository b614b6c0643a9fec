import { counted } from '../../domain/counted.js';
import { SPLITS } from '../../domain/world/splits.js';
import { UserError } from '../../domain/failures.js';
import type { Split, WorldManifest } from '../../domain/world/records.js';
import type { WriteWorldOptions } from './write.js';
import { writeWorld } from './write.js';

/** The options as a person types them. */
export interface WorldCommand extends Omit<WriteWorldOptions, 'dir' | 'split'> {
  readonly out: string;
  readonly split: string;
}

/** `ruminate data world`: writes the folder, and says in one sentence what it holds. */
export async function runWorldCommand(
  command: WorldCommand,
): Promise<{ manifest: WorldManifest; said: string }> {
  const { out, split, ...rest } = command;
  if (!isSplit(split)) throw new UserError(`--split: expected ${SPLITS.join(', ')}, got ${split}`);
  const manifest = await writeWorld({ ...rest, dir: out, split });
  const said = `${out}: ${counted(manifest.videos, 'video')} and ${counted(manifest.questions, 'question')} (${split}, seed ${manifest.seed}).`;
  return { manifest, said };
}

function isSplit(name: string): name is Split {
  return SPLITS.some((split) => split === name);
}
