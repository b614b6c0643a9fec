import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import type { QuestionRecord } from '../../../domain/data/records.js';
import type { Difficulty } from '../../../domain/town/knobs.js';
import { DIFFICULTIES, knobsOf, lookFpsOf } from '../../../domain/town/knobs.js';
import type { TownTruth } from '../../../domain/town/records.js';
import type { Split } from '../../../domain/world/records.js';
import { writeTown } from '../../town/write.js';
import { resolveVideo } from '../../video/resolve.js';
import { scoreBaselines } from './baselines.js';
import { measureLegibility } from './legibility.js';
import { openReader } from './reading.js';

const program = new Command('node dist/infra/bench/town/main.js')
  .description(
    'Measures the town: how fast it is written, what one gets without looking, and what can be read where.',
  )
  .option('--videos <count>', 'of the test split, and twice as many of train', Number, 60)
  .option('--texts <count>', 'that Tesseract reads at each difficulty', Number, 60)
  .action(async ({ videos, texts }: { videos: number; texts: number }) => {
    const root = await mkdtemp(path.join(tmpdir(), 'ruminate-town-bench-'));
    try {
      const results = [];
      for (const difficulty of DIFFICULTIES) {
        results.push(await measured(root, difficulty, videos, texts));
        process.stderr.write(`${difficulty}: done\n`);
      }
      process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

await program.parseAsync();

async function measured(
  root: string,
  difficulty: Difficulty,
  videos: number,
  texts: number,
): Promise<unknown> {
  const knobs = knobsOf(difficulty);
  const write = async (split: Split, count: number): Promise<string> => {
    const dir = path.join(root, `${difficulty}-${split}`);
    await writeTown({ dir, videos: count, seed: 1, split, knobs, processes: 1, questionsPerVideo: 9 });
    return dir;
  };
  const test = await write('test', videos);
  // The libraries are loaded and the code is warm by now: what follows is the cost of a video.
  const [wallMs, cpu] = [performance.now(), process.cpuUsage()];
  const train = await write('train', 2 * videos);
  const used = process.cpuUsage(cpu);
  const cpuSec = (used.user + used.system) / 1e6;
  const speed = {
    videosPerCpuSecond: (2 * videos) / cpuSec,
    videosPerSecond: (2 * videos * 1000) / (performance.now() - wallMs),
  };
  const questions = await lines<QuestionRecord>(test, 'questions.jsonl');
  const baselines = scoreBaselines(
    await lines<QuestionRecord>(train, 'questions.jsonl'),
    questions,
    await lines<TownTruth>(test, 'truth.jsonl'),
  );
  const { reader: video } = await resolveVideo();
  const [page, line] = [await openReader('page'), await openReader('line')];
  try {
    const tools = { video, page, line, lookFps: lookFpsOf(knobs) };
    const legibility = await measureLegibility(questions, (name) => path.join(test, name), tools, texts);
    return { difficulty, speed, baselines, legibility };
  } finally {
    await Promise.all([page.end(), line.end()]);
  }
}

async function lines<T>(dir: string, name: string): Promise<readonly T[]> {
  const text = await readFile(path.join(dir, name), 'utf8');
  return text.trim().split('\n').map((one) => JSON.parse(one) as T);
} // prettier-ignore
