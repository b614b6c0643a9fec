import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../domain/failures.js';
import type { Question, VideoTruth } from '../../domain/world/records.js';
import { runWorldCommand } from '../../infra/world/command.js';
import { asFolderError, sha256Of } from '../../infra/making/files.js';
import { writeWorld } from '../../infra/world/write.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { compiledWriter } from './compiled.js';

const REQUEST = { videos: 10, seed: 4, split: 'validation' } as const;
let root: string;
let whole: string;
const folder = (name: string): string => path.join(root, name);

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ruminate-world-'));
  whole = folder('whole');
  await writeWorld({ ...REQUEST, dir: whole });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('writeWorld', () => {
  it('writes the folder that its records describe, and nothing else', async () => {
    expect((await readdir(whole)).sort()).toEqual([
      'questions.jsonl',
      'scenes.jsonl',
      'videos',
      'world.json',
    ]);
    expect(await readdir(path.join(whole, 'videos'))).toHaveLength(10);
    expect(JSON.parse(await readFile(path.join(whole, 'world.json'), 'utf8'))).toMatchObject({
      version: 1, seed: 4, split: 'validation', videos: 10, questions: 80, fps: 1, widthPx: 256, heightPx: 144,
    }); // prettier-ignore
    const questions = await lines<Question>('questions.jsonl');
    expect(new Set(questions.map((question) => question.id)).size).toBe(80);
    const truths = await lines<VideoTruth>('scenes.jsonl');
    for (const truth of truths) {
      expect(sha256Of(await readFile(path.join(whole, truth.video)))).toBe(truth.sha256);
      expect(truth.scenes).toHaveLength(8);
    }
    expect(new Set(questions.map((question) => question.video))).toEqual(
      new Set(truths.map((truth) => truth.video)),
    );
  });

  it('writes videos that play for eight seconds, scene i from second i − 1 on', async () => {
    const reader = new NodeAvReader();
    const file = path.join(whole, 'videos/000003.mp4');
    expect(await reader.probe(file)).toEqual({ widthPx: 256, heightPx: 144, durationSec: 8, codec: 'h264' });
    const seconds = await reader.frames(file, { fps: 4, indices: [1, 4, 5, 8], channels: 1 });
    const [start, sameScene, nextScene, stillNext] = seconds.map(({ data }) => data);
    expect(distance(start, sameScene)).toBeLessThan(distance(start, nextScene) / 2);
    expect(distance(nextScene, stillNext)).toBeLessThan(distance(start, nextScene) / 2);
  });

  it('goes on where it was interrupted, and ends with the same bytes', async () => {
    const dir = folder('interrupted');
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 4) stop.abort(new Error('interrupted'));
    };
    await expect(writeWorld({ ...REQUEST, dir, signal: stop.signal, onProgress })).rejects.toThrow(
      'interrupted',
    );
    expect(await readdir(dir)).not.toContain('world.json');
    // What a killed process leaves behind: half a video, and a video without its record.
    await writeFile(path.join(dir, 'videos/000004.mp4.part'), 'half a video');
    await rm(path.join(dir, '.unfinished/000002.json'));
    await writeFile(path.join(dir, 'videos/000001.mp4'), 'damaged meanwhile');
    await writeWorld({ ...REQUEST, dir });
    expect(await contents(dir)).toEqual(await contents(whole));
  });

  it('returns a complete folder at once, and makes its damaged videos again', async () => {
    const seen: number[] = [];
    const again = await writeWorld({ ...REQUEST, dir: whole, onProgress: ({ done }) => seen.push(done) });
    expect(again.questions).toBe(80);
    expect(seen).toEqual([]);
    const before = await contents(whole);
    await rm(path.join(whole, 'videos/000007.mp4'));
    await writeFile(path.join(whole, 'videos/000002.mp4'), 'damaged');
    await writeWorld({ ...REQUEST, dir: whole });
    expect(await contents(whole)).toEqual(before);
  });

  // Two fresh processes load FFmpeg's libraries: half a minute on a machine that is busy elsewhere.
  it('gives the same bytes in two processes as in one', { timeout: 120_000 }, async () => {
    const { writeWorld: shipped, remove } = await compiledWriter();
    const dir = folder('in-two');
    const seen: number[] = [];
    try {
      await shipped({ ...REQUEST, dir, processes: 2, onProgress: ({ done }) => seen.push(done) });
    } finally {
      await remove();
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await contents(dir)).toEqual(await contents(whole));
  });

  it('makes a video that does not depend on how many there are', async () => {
    const dir = folder('fewer');
    await writeWorld({ ...REQUEST, videos: 2, dir });
    const [few, many] = [await contents(dir), await contents(whole)];
    for (const name of ['videos/000000.mp4', 'videos/000001.mp4']) expect(few[name]).toBe(many[name]);
  });

  it('refuses a folder that holds another world, and says what differs', async () => {
    const other = { ...REQUEST, dir: whole };
    await expect(writeWorld({ ...other, seed: 5 })).rejects.toThrow(
      'holds another world (seed: found 4, wanted 5)',
    );
    await expect(writeWorld({ ...other, videos: 9 })).rejects.toThrow('videos: found 10, wanted 9');
    await expect(writeWorld({ ...other, split: 'test' })).rejects.toThrow(
      'split: found validation, wanted test',
    );
    await expect(writeWorld({ ...other, questionsPerVideo: 4 })).rejects.toThrow(UserError);
  });

  it('refuses to go on with an unfinished world of another kind', async () => {
    const dir = folder('begun');
    const stop = AbortSignal.abort(new Error('at once'));
    await expect(writeWorld({ ...REQUEST, dir, signal: stop })).rejects.toThrow('at once');
    await expect(writeWorld({ ...REQUEST, seed: 8, dir })).rejects.toThrow(
      'holds an unfinished world of another kind (seed: found 4',
    );
  });

  it('says in one message that a folder cannot be written', async () => {
    const file = folder('a-file');
    await writeFile(file, '');
    const failure = writeWorld({ ...REQUEST, dir: path.join(file, 'world') });
    await expect(failure).rejects.toThrow(
      'the world cannot be written here: a part of the path is a file, not a folder (ENOTDIR)',
    );
    await expect(failure).rejects.toThrow(UserError);
    const full = asFolderError('/data/world', Object.assign(new Error('write'), { code: 'ENOSPC' }));
    expect(full).toBeInstanceOf(UserError);
    expect(String(full)).toContain(
      '/data/world: the world cannot be written here: the disk is full (ENOSPC)',
    );
  });

  it.runIf(process.getuid?.() !== 0)(
    'says so when writing is not permitted (not as root, who may write anywhere)',
    async () => {
      const dir = folder('locked');
      await writeWorld({ ...REQUEST, videos: 1, dir });
      await rm(path.join(dir, 'world.json'));
      await chmod(dir, 0o555);
      await expect(writeWorld({ ...REQUEST, videos: 1, dir })).rejects.toThrow('writing is not permitted');
      await chmod(dir, 0o755);
    },
  );

  it.each([
    [{ videos: 0 }, 'videos: expected a whole number from 1 to 999999, got 0'],
    [{ videos: 1.5 }, 'videos: expected a whole number'],
    [{ seed: -1 }, 'seed: expected a whole number'],
    [{ questionsPerVideo: 25 }, 'questions per video: expected a whole number from 1 to 24, got 25'],
  ])('refuses %j', async (wrong, message) => {
    await expect(writeWorld({ ...REQUEST, dir: folder('refused'), ...wrong })).rejects.toThrow(message);
  });
});

describe('ruminate data world', () => {
  it('says what it wrote', async () => {
    const out = folder('command');
    const { said, manifest } = await runWorldCommand({
      out,
      videos: 1,
      seed: 4,
      split: 'test',
      questionsPerVideo: 3,
    });
    expect(said).toBe(`${out}: 1 video and 3 questions (test, seed 4).`);
    expect(manifest.split).toBe('test');
  });

  it('refuses a split that does not exist', async () => {
    const command = { out: folder('none'), videos: 1, seed: 4, split: 'dev' };
    await expect(runWorldCommand(command)).rejects.toThrow(
      '--split: expected train, validation, test, got dev',
    );
  });
});

async function lines<T>(name: string): Promise<readonly T[]> {
  const text = await readFile(path.join(whole, name), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** Every file of a folder, by its sha256. */
async function contents(dir: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const pairs = files.map(
    async (file) => [path.relative(dir, file), sha256Of(await readFile(file))] as const,
  );
  return Object.fromEntries((await Promise.all(pairs)).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function distance(one: Uint8Array | undefined, other: Uint8Array | undefined): number {
  if (one === undefined || other === undefined) throw new Error('no frame');
  return one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length;
}
