import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuestionRecord, VideoOcr } from '../../domain/data/records.js';
import type { M4Question } from '../../domain/formats/m4-town.js';
import { knobsOf } from '../../domain/town/knobs.js';
import type { TownTruth } from '../../domain/town/records.js';
import { UserError } from '../../domain/failures.js';
import { importData } from '../../infra/data/import.js';
import { sha256Of } from '../../infra/making/files.js';
import { runTownCommand } from '../../infra/town/command.js';
import { runLookCommand } from '../../infra/town/look/command.js';
import type { writeTown as Write } from '../../infra/town/write.js';
import { writeTown } from '../../infra/town/write.js';
import { writeWorld } from '../../infra/world/write.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { compiledRooms } from '../support/compiled.js';

// Small, so that the folder is the test and not the encoder.
const knobs = knobsOf('medium', { scenes: 3, sceneSec: 1, fps: 2, briefSec: 0.5 });
const REQUEST = { videos: 9, seed: 4, split: 'validation', knobs, ocrTruth: true } as const;
let root: string;
let whole: string;
const folder = (name: string): string => path.join(root, name);

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ruminate-town-'));
  whole = folder('whole');
  await writeTown({ ...REQUEST, dir: whole });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('writeTown', () => {
  it('writes a data folder: questions, videos, truth, a perfect reader, and nothing else', async () => {
    expect((await readdir(whole)).sort()).toEqual(['data.json', 'ocr', 'questions.jsonl', 'truth.jsonl', 'videos']);
    const questions = await lines<QuestionRecord>(whole, 'questions.jsonl');
    const truths = await lines<TownTruth>(whole, 'truth.jsonl');
    expect(JSON.parse(await readFile(path.join(whole, 'data.json'), 'utf8'))).toMatchObject({
      version: 1, form: 'town', seed: 4, split: 'validation', videos: 9, questions: questions.length, lookFps: 2,
    }); // prettier-ignore
    expect(new Set(questions.map((question) => question.id)).size).toBe(questions.length);
    expect(new Set(questions.map((question) => question.video)).size).toBe(9);
    for (const truth of truths) {
      expect(sha256Of(await readFile(path.join(whole, truth.video)))).toBe(truth.sha256);
      const ocr = JSON.parse(await readFile(path.join(whole, 'ocr', `${truth.video}.json`), 'utf8')) as VideoOcr;
      expect(ocr).toMatchObject({ version: 1, video: truth.video, fps: 2 });
    }
    const info = await new NodeAvReader().probe(path.join(whole, 'videos/000003.mp4'));
    expect(info).toEqual({ widthPx: 256, heightPx: 144, durationSec: 3, codec: 'h264' });
  });

  it('goes on where it was interrupted, and ends with the same bytes', async () => {
    const dir = folder('interrupted');
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 4) stop.abort(new Error('interrupted'));
    };
    await expect(writeTown({ ...REQUEST, dir, signal: stop.signal, onProgress })).rejects.toThrow('interrupted');
    expect(await readdir(dir)).not.toContain('data.json');
    // What a killed process leaves behind: half a video, a video without its record, a damaged one.
    await writeFile(path.join(dir, 'videos/000004.mp4.part'), 'half a video');
    await rm(path.join(dir, '.unfinished/000002.json'));
    await writeFile(path.join(dir, 'videos/000001.mp4'), 'damaged meanwhile');
    await writeTown({ ...REQUEST, dir });
    expect(await contents(dir)).toEqual(await contents(whole));
  });

  it('returns a complete folder at once, and makes its damaged videos again', async () => {
    const before = await contents(whole);
    await rm(path.join(whole, 'videos/000007.mp4'));
    await writeFile(path.join(whole, 'videos/000002.mp4'), 'damaged');
    await writeTown({ ...REQUEST, dir: whole });
    expect(await contents(whole)).toEqual(before);
  });

  it('gives the same bytes in two processes as in one', { timeout: 120_000 }, async () => {
    const rooms = ['domain', ...['concurrency', 'home', 'making', 'world', 'town', 'video', 'tools'].map((room) => `infra/${room}`)];
    const { folder: built, remove } = await compiledRooms('town', rooms);
    const dir = folder('in-two');
    try {
      const url = pathToFileURL(path.join(built, 'infra/town/write.js')).href;
      const { writeTown: shipped } = (await import(/* @vite-ignore */ url)) as { writeTown: typeof Write };
      await shipped({ ...REQUEST, dir, processes: 2 });
    } finally {
      await remove();
    }
    expect(await contents(dir)).toEqual(await contents(whole));
  });

  it('makes a video that does not depend on how many there are', async () => {
    const dir = folder('fewer');
    await writeTown({ ...REQUEST, videos: 2, dir });
    const [few, many] = [await contents(dir), await contents(whole)];
    for (const name of ['videos/000000.mp4', 'videos/000001.mp4']) expect(few[name]).toBe(many[name]);
  });

  it('refuses a folder that holds another town, and says what differs', async () => {
    const other = { ...REQUEST, dir: whole };
    await expect(writeTown({ ...other, seed: 5 })).rejects.toThrow('holds another town (seed: found 4, wanted 5)');
    await expect(writeTown({ ...other, form: 'm4-vitevqa' })).rejects.toThrow('form: found data, wanted m4-vitevqa');
    const noisier = { ...other, knobs: { ...knobs, noise: 9 } };
    await expect(writeTown(noisier)).rejects.toThrow('knob noise: found 5, wanted 9');
    await expect(writeTown(noisier)).rejects.toThrow(UserError);
  });
}); // prettier-ignore

describe('the M4-ViteVQA form of a town', () => {
  const annotation = 'ViteVQA_0.0.2_t1s1val.json';
  const grounding = 'spatial_temporal_gt_val.json';
  let dir: string;
  beforeAll(async () => {
    dir = folder('m4');
    await writeTown({ ...REQUEST, videos: 3, dir, form: 'm4-vitevqa' });
  });

  it('has the annotation, the side files and the evidence, about the same videos', async () => {
    expect((await readdir(dir)).sort()).toEqual([
      annotation,
      grounding,
      'town.json',
      'truth.jsonl',
      'video_ocr',
      'videos',
    ]);
    const { data, ...head } = await json<{ readonly data: readonly M4Question[] }>(dir, annotation);
    expect(head).toEqual({
      dataset_type: 't1s1val',
      dataset_name: 'ruminate-town',
      dataset_version: '0.0.2',
    });
    expect(new Set(data.map((entry) => entry.question_id)).size).toBe(data.length);
    const videos = await readdir(path.join(dir, 'videos'));
    for (const entry of data) expect(videos).toContain(`${entry.video_id}.mp4`);
  });

  it('is imported as the questions, the evidence and the text of the data form', async () => {
    const out = folder('m4-imported');
    const { failure } = await importData({
      form: 'vitxt-gqa',
      sources: [path.join(dir, annotation)],
      evidence: path.join(dir, grounding),
      videos: path.join(dir, 'videos'),
      ocr: path.join(dir, 'video_ocr'),
      ocrFps: 10,
      out,
      maxRefused: 0,
    });
    expect(failure).toBeNull();
    const imported = await lines<QuestionRecord>(out, 'questions.jsonl');
    const drawn = (await lines<QuestionRecord>(whole, 'questions.jsonl')).filter(({ video }) =>
      /00000[0-2]/.test(video),
    );
    expect(imported.map(({ answers }) => answers)).toEqual(drawn.map(({ answers }) => answers));
    for (const [at, { evidence = [] }] of drawn.entries()) {
      const read = imported[at]?.evidence ?? [];
      expect(read).toHaveLength(evidence.length);
      for (const [n, span] of evidence.entries()) {
        expect(Math.abs((read[n]?.startSec ?? 99) - span.startSec)).toBeLessThan(0.1);
        expect(Math.abs((read[n]?.endSec ?? 99) - span.endSec)).toBeLessThan(0.1);
        const first = span.boxes[0]?.box01 ?? [];
        expect(read[n]?.boxes[0]?.box01.map((edge, i) => Math.abs(edge - (first[i] ?? 9)) < 1e-3)).toEqual([
          true,
          true,
          true,
          true,
        ]);
      }
    }
    const [{ video } = { video: '' }] = imported;
    const ocr = await json<VideoOcr>(out, `ocr/${video}.json`);
    expect(ocr.fps).toBe(10);
    expect(ocr.frames).toHaveLength(30);
    expect(ocr.frames.flatMap(({ words }) => words).length).toBeGreaterThan(20);
  });
});

describe('ruminate data town', () => {
  it('turns knobs and sizes, and says what it wrote and how fast', async () => {
    const out = folder('command');
    const { said, manifest, videosPerSecond } = await runTownCommand({
      out, videos: 1, seed: 4, split: 'test', difficulty: 'hard', form: 'data', size: '320x180',
      knob: ['scenes=3', 'sceneSec=1', 'noise=3.5'], questionsPerVideo: 3,
    }); // prettier-ignore
    expect(said).toBe(`${out}: 1 video and 3 questions (test, seed 4, hard).`);
    expect(manifest.knobs).toMatchObject({ widthPx: 320, heightPx: 180, scenes: 3, noise: 3.5, textPct: 5 });
    expect(videosPerSecond).toBeGreaterThan(0);
  });

  it.each([
    [{ split: 'dev' }, '--split: expected train, validation, test, got dev'],
    [{ difficulty: 'cruel' }, '--difficulty: expected easy, medium, hard, got cruel'],
    [{ form: 'coco' }, '--form: expected data, m4-vitevqa, got coco'],
    [{ knob: ['noise'] }, '--knob: expected name=number, such as textPct=5, got noise'],
    [{ size: '720p' }, '--size: expected WIDTHxHEIGHT, such as 640x360, got 720p'],
    [{ videos: 0 }, 'videos: expected a whole number from 1 to 999999, got 0'],
  ])('refuses %j', async (wrong, message) => {
    const right = {
      out: folder('none'),
      videos: 1,
      seed: 4,
      split: 'test',
      difficulty: 'easy',
      form: 'data',
    };
    await expect(runTownCommand({ ...right, ...wrong })).rejects.toThrow(message);
  });
});

describe('ruminate data look', () => {
  it('draws the questions of a town, one of each task first, or of one video, or a single one', async () => {
    const out = path.join(root, 'sheets', 'look.png');
    const made = await runLookCommand({ dir: whole, out, count: 4 });
    expect(made.questions).toHaveLength(4);
    const png = await readFile(out);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1160);
    const [one] = await lines<QuestionRecord>(whole, 'questions.jsonl');
    const single = await runLookCommand({ dir: whole, out, count: 4, question: one?.id ?? '' });
    expect(single.questions).toEqual([one?.id]);
    const ofVideo = await runLookCommand({ dir: whole, out, count: 2, video: '000003' });
    for (const id of ofVideo.questions) expect(id).toContain('-000003-');
  });

  it('draws a folder of the small world too', async () => {
    const dir = folder('small-world');
    await writeWorld({ dir, videos: 1, seed: 2, split: 'test' });
    const made = await runLookCommand({ dir, out: path.join(root, 'small.png'), count: 3 });
    expect(made.questions).toHaveLength(3);
  });

  it('refuses a folder, a question, a picture or a line that it cannot use', async () => {
    const out = path.join(root, 'no.png');
    await expect(runLookCommand({ dir: folder('nowhere'), out, count: 1 })).rejects.toThrow('questions.jsonl: cannot be read');
    await expect(runLookCommand({ dir: whole, out, count: 1, question: 'x' })).rejects.toThrow('has no question about the question x');
    await expect(runLookCommand({ dir: whole, out: 'look.gif', count: 1 })).rejects.toThrow('--out: expected a .png file');
    const dir = folder('bad');
    await writeTown({ ...REQUEST, videos: 1, dir });
    const bad = { id: 'x', video: '../../etc/passwd', question: 'Why?', answers: [] };
    await writeFile(path.join(dir, 'questions.jsonl'), `${JSON.stringify(bad)}\n`);
    await expect(runLookCommand({ dir, out, count: 1 })).rejects.toThrow('questions.jsonl:1: video: expected a path within');
  });
}); // prettier-ignore

async function lines<T>(dir: string, name: string): Promise<readonly T[]> {
  const text = await readFile(path.join(dir, name), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line) as T);
} // prettier-ignore

async function json<T>(dir: string, name: string): Promise<T> {
  return JSON.parse(await readFile(path.join(dir, name), 'utf8')) as T;
}

/** Every file of a folder, by its sha256. */
async function contents(dir: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const pairs = files.map(async (file) => [path.relative(dir, file), sha256Of(await readFile(file))] as const);
  return Object.fromEntries((await Promise.all(pairs)).sort(([one], [other]) => (one < other ? -1 : 1)));
} // prettier-ignore
