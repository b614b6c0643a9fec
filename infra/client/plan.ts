import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { FolderProgress } from '../../activities/ports.js';
import type { Curriculum, FolderData, WorldData } from '../../domain/curriculum.js';
import type { DataFacts, PlanFacts, PolicyFacts } from '../../domain/plan/facts.js';
import { runPlan, type RunPlan } from '../../domain/plan/run-plan.js';
import { worldFolderName } from '../../domain/world/folder-name.js';
import { surveyFolders } from './data-folders.js';
import { embeddedFacts, torchFacts } from './plan-policy.js';
import { refuseBadName } from './runs.js';

export interface PlanRequest {
  readonly name: string;
  /** The curriculum's file: what its base is relative to. */
  readonly file: string;
  readonly curriculum: Curriculum;
  /** Folder of the installation; it need not be there, and is not made. */
  readonly home: string;
  readonly onProgress?: ((progress: FolderProgress) => void) | undefined;
}

/** What a run would do. Reads files, and nothing else: no service, no Python. Throws what would keep the run from starting. */
export async function planRun(request: PlanRequest): Promise<RunPlan> {
  const { name, curriculum, home } = request;
  refuseBadName(name);
  const policy: PolicyFacts =
    curriculum.policy.engine === 'torch'
      ? await torchFacts(curriculum.policy)
      : await embeddedFacts(request, curriculum.policy);
  const facts: PlanFacts = { policy, home, ...(await dataFacts(request)) };
  return runPlan(name, curriculum, facts);
}

function dataFacts({
  curriculum,
  home,
  onProgress,
}: PlanRequest): Promise<Pick<PlanFacts, 'train' | 'test'>> {
  const { data } = curriculum;
  return 'folders' in data ? folderFacts(curriculum, data, onProgress) : worldFacts(data, home);
}

/** Both are read where both are there; one alone cannot be judged. */
async function folderFacts(
  curriculum: Curriculum,
  { folders }: FolderData,
  onProgress: PlanRequest['onProgress'],
): Promise<Pick<PlanFacts, 'train' | 'test'>> {
  const [train, test] = await Promise.all([isThere(folders.train), isThere(folders.test)]);
  const found = train && test ? await surveyFolders(curriculum, onProgress) : null;
  const facts = (dir: string, there: boolean, split: 'train' | 'test'): DataFacts => {
    const counts = found?.[split].counts ?? null;
    const { videos = null, questions = null } = counts ?? {};
    return { source: 'folder', dir, there, videos, questions, counts };
  };
  return { train: facts(folders.train, train, 'train'), test: facts(folders.test, test, 'test') };
}

/** A world's questions are as many as are asked for, or fewer where videos have not enough to ask. */
async function worldFacts({ world }: WorldData, home: string): Promise<Pick<PlanFacts, 'train' | 'test'>> {
  const facts = async (split: 'train' | 'test'): Promise<DataFacts> => {
    const { videos, questionsPerVideo } = world[split];
    const name = worldFolderName({ seed: world.seed, split, videos, questionsPerVideo });
    const dir = path.join(home, 'data', 'worlds', name);
    const file = path.join(dir, 'questions.jsonl');
    const there = await isThere(file);
    const questions = there ? await linesOf(file) : videos * questionsPerVideo;
    return { source: 'world', dir, there, videos, questions, counts: null };
  };
  return { train: await facts('train'), test: await facts('test') };
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function linesOf(file: string): Promise<number> {
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
    if (line !== '') lines += 1;
  return lines;
}
