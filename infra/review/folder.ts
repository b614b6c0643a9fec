import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../domain/failures.js';
import { jsonLines } from './lines.js';
import { readTrajectory, type ReviewItem } from './records.js';

/** What there is to decide on in a data folder. */
export interface ReviewFolder {
  readonly dir: string;
  /** Those that quality control took, then those that it rejected and that are whole; ids are unique. */
  readonly items: readonly Omit<ReviewItem, 'decision'>[];
  /** Rejected before there was a trajectory: nothing to look at. */
  readonly withoutTrajectory: number;
  /** Lines that were refused, as sentences that name file and line. */
  readonly problems: readonly string[];
  readonly videoRoot: string;
}

/** Throws a UserError where there is no data folder with trajectories. */
export async function readReviewFolder(dir: string): Promise<ReviewFolder> {
  const root = resolve(dir);
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new UserError(`expected a data folder at ${dir}, but there is none`, 'Check the path.');
  const [taken, rejected] = [join(root, 'trajectories.jsonl'), join(root, 'rejected.jsonl')];
  if (!existsSync(taken) && !existsSync(rejected))
    throw new UserError(
      `${dir} has no trajectories.jsonl, so there is nothing to review`,
      'Make trajectories with: ruminate data curate',
    );
  const items: Omit<ReviewItem, 'decision'>[] = [];
  const ids = new Set<string>();
  const problems: string[] = [];
  let withoutTrajectory = 0;
  for (const [file, origin] of [
    [taken, 'taken'],
    [rejected, 'rejected'],
  ] as const) {
    for await (const { line, value, broken } of jsonLines(file)) {
      const where = `${relative(root, file)}, line ${line}`;
      if (broken !== null) {
        problems.push(`${where}: is no JSON (${broken})`);
        continue;
      }
      const { trajectory, why } = origin === 'taken' ? { trajectory: value, why: [] } : rejectionOf(value);
      if (trajectory === null) {
        withoutTrajectory += 1;
        continue;
      }
      const read = readTrajectory(trajectory);
      if ('wrong' in read) problems.push(`${where}: ${read.wrong}`);
      else if (ids.has(read.value.id))
        problems.push(`${where}: id ${JSON.stringify(read.value.id)} stands twice`);
      else {
        ids.add(read.value.id);
        items.push({ record: read.value, origin, why });
      }
    }
  }
  return { dir: root, items, withoutTrajectory, problems, videoRoot: await videoRootOf(root) };
}

/** Absolute path of a record's video, or null where it would leave the root. */
export function videoPath({ videoRoot }: Pick<ReviewFolder, 'videoRoot'>, video: string): string | null {
  const file = resolve(videoRoot, video);
  return file.startsWith(videoRoot.endsWith(sep) ? videoRoot : videoRoot + sep) ? file : null;
}

/** A rejected trajectory with its reasons: around it or among its own fields. */
function rejectionOf(value: unknown): { readonly trajectory: unknown; readonly why: readonly string[] } {
  if (typeof value !== 'object' || value === null) return { trajectory: value, why: [] };
  const fields = value as Readonly<Record<string, unknown>>;
  const why = [fields['reason'], fields['why'], fields['reasons']]
    .flat()
    .filter((one): one is string => typeof one === 'string' && one !== '');
  if ('trajectory' in fields) return { trajectory: fields['trajectory'], why };
  return { trajectory: 'turns' in fields ? value : null, why };
}

async function videoRootOf(root: string): Promise<string> {
  const file = join(root, 'data.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return root;
  try {
    const { videoRoot } = JSON.parse(text) as { readonly videoRoot?: unknown };
    return typeof videoRoot === 'string' ? resolve(root, videoRoot) : root;
  } catch (cause) {
    throw new UserError(`${file} is no JSON`, 'Put back the version you had, or remove it.', { cause });
  }
}
