import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuestionRecord, TrajectoryRecord } from '../../domain/data/records.js';
import { FORMS } from '../../cli/commands/data/export.js';
import { EXPORT_FORMS, exportData, type ExportForm, type ExportRequest } from '../../infra/data/export.js';
import type { ImportForm } from '../../infra/data/import.js';
import { openDataFolder } from '../../infra/data/read-folder.js';
import { SAMPLE_HEIGHT_PX, SAMPLE_WIDTH_PX } from '../video/samples.js';
import { Folders } from './folders.js';
import { Generated } from './generated.js';

let folders: Folders;
let questions: readonly QuestionRecord[];
let trajectories: readonly TrajectoryRecord[];
beforeAll(async () => {
  folders = await Folders.make();
  await folders.write(
    'videos/still.png',
    await sharp({ create: { width: 40, height: 30, channels: 3, background: '#8a2' } })
      .png()
      .toBuffer(),
  );
  const made = new Generated('export', 1, true);
  const videos = ['a.mp4', 'deep/ü b.mp4'];
  questions = Array.from({ length: 12 }, (_, at) => made.question(at, made.one([...videos, 'still.png'])));
  // As a file gives them: without what JSON drops.
  trajectories = Array.from({ length: 4 }, (_, at) => ({
    ...made.trajectory(at, videos[at % 2]!, questions[at]!.id),
    fps: 1,
  }));
  await writeFolder('own');
});
afterAll(() => folders.remove());

async function writeFolder(name: string): Promise<void> {
  await folders.lines(`${name}/questions.jsonl`, questions);
  await folders.lines(`${name}/trajectories.jsonl`, trajectories);
  await folders.json(`${name}/data.json`, { version: 1, form: 'test', videoRoot: '../videos', madeBy: {} });
}

function write(
  form: ExportForm,
  out: string,
  more: Partial<ExportRequest> = {},
): ReturnType<typeof exportData> {
  return exportData({
    form,
    dir: folders.at('own'),
    out: folders.at(out),
    parquet: false,
    maxRefused: 0,
    ...more,
  });
}

/** Without the report, which names its folder. */
async function bytesOf(name: string): Promise<ReadonlyMap<string, string>> {
  const files = [...(await folders.files(name))].filter(([file]) => file !== 'report.json');
  return new Map(files.map(([file, bytes]) => [file, createHash('sha256').update(bytes).digest('hex')]));
}

describe('a data folder', () => {
  it('that is written and read again is the same, and written again has the same bytes', async () => {
    const ways: readonly {
      form: ExportForm;
      only: 'questions' | 'trajectories';
      back: ImportForm;
      file: string;
      videos: string;
    }[] = [
      { form: 'pixel-reasoner', only: 'questions', back: 'pixel-reasoner-rl', file: 'rl.jsonl', videos: '' },
      {
        form: 'pixel-reasoner',
        only: 'trajectories',
        back: 'pixel-reasoner-sft',
        file: 'sft.jsonl',
        videos: '../../videos',
      },
      { form: 'm4-vitevqa', only: 'questions', back: 'm4-vitevqa', file: '', videos: 'videos' },
    ];
    for (const { form, only, back, file, videos } of ways) {
      const name = `${form}-${only}`;
      expect((await write(form, `${name}/1`, { only })).failure).toBeNull();
      const root = folders.at(name, '1', videos);
      const read = await folders.import(back, folders.at(name, '1', file), `${name}/read`, { videos: root });
      expect(read.report.refused).toEqual([]);
      const folder = await openDataFolder(folders.at(name, 'read'));
      const records: unknown[] = [];
      for await (const record of only === 'questions' ? folder.questions() : folder.trajectories())
        records.push(record);
      const wanted = JSON.parse(JSON.stringify(only === 'questions' ? questions : trajectories)) as unknown[];
      const byId = (list: unknown[]): unknown[] =>
        list.sort((a, b) => ((a as { id: string }).id < (b as { id: string }).id ? -1 : 1));
      expect(byId(records)).toEqual(byId(wanted));
      expect((await write(form, `${name}/2`, { only, dir: folders.at(name, 'read') })).failure).toBeNull();
      expect(await bytesOf(`${name}/2`)).toEqual(await bytesOf(`${name}/1`));
    }
  });

  it('is written to the same bytes each time', async () => {
    for (const form of ['messages', 'hf', 'pixel-reasoner'] as const) {
      await write(form, `${form}-first`);
      await write(form, `${form}-second`);
      expect(await bytesOf(`${form}-second`)).toEqual(await bytesOf(`${form}-first`));
    }
  });

  it('leaves the videos of the source as they are', async () => {
    const before = await bytesOf('videos');
    await write('hf', 'hf-untouched');
    await write('m4-vitevqa', 'm4-untouched');
    expect(await bytesOf('videos')).toEqual(before);
  });
});

describe('pictures of looks', () => {
  it('are what the tools show: whole frames and regions at native resolution, named by their content', async () => {
    await write('messages', 'pictures');
    const rows = (await folders.read('pictures/messages.jsonl')) as {
      messages: { role: string; content: string }[];
      images: string[];
    }[];
    expect(rows).toHaveLength(trajectories.length);
    for (const [at, { messages, images }] of rows.entries()) {
      expect(messages.map(({ content }) => content.split('<image>').length - 1).reduce((a, b) => a + b)).toBe(
        images.length,
      );
      expect(messages.map(({ role }) => role)).toEqual([
        ...['system', 'user'],
        ...trajectories[at]!.turns.flatMap((_, turn) => (turn === 0 ? ['assistant'] : ['user', 'assistant'])),
      ]);
      for (const image of images) {
        const bytes = await readFile(folders.at('pictures', image));
        expect(image).toContain(createHash('sha256').update(bytes).digest('hex'));
      }
      const looked = await Promise.all(
        images.slice(4).map(async (image) => sharp(folders.at('pictures', image)).metadata()),
      );
      const wanted = trajectories[at]!.turns.flatMap(({ action }) => {
        if (action.tool === 'clip') return action.targetFrames.map(() => [SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX]);
        if (action.tool === 'answer') return [];
        const [x1, y1, x2, y2] = action.bbox01;
        return [
          [
            Math.ceil(x2 * SAMPLE_WIDTH_PX) - Math.floor(x1 * SAMPLE_WIDTH_PX),
            Math.ceil(y2 * SAMPLE_HEIGHT_PX) - Math.floor(y1 * SAMPLE_HEIGHT_PX),
          ],
        ];
      });
      expect(looked.map(({ width, height }) => [width, height])).toEqual(wanted);
    }
    const info = JSON.parse(await readFile(folders.at('pictures/dataset_info.json'), 'utf8')) as unknown;
    expect(info).toMatchObject({
      ruminate_messages: { file_name: 'messages.jsonl', formatting: 'sharegpt' },
    });
  });

  it('of a call that the video has no frame for are the words of the refusal', async () => {
    const turns = [
      { thought: '', action: { tool: 'clip', targetFrames: [99] } as const },
      trajectories[0]!.turns.at(-1)!,
    ];
    await folders.lines('late/trajectories.jsonl', [{ ...trajectories[0], turns }]);
    await folders.json('late/data.json', { version: 1, form: 'test', videoRoot: '../videos', madeBy: {} });
    await write('messages', 'late-out', { dir: folders.at('late') });
    expect(JSON.stringify(await folders.read('late-out/messages.jsonl'))).toContain(
      'there is no frame 99; the video has frames 1 to 4',
    );
  });
});

describe('an export', () => {
  it('is split into files of at most so many rows, and refused where nothing of its form is there', async () => {
    await write('pixel-reasoner', 'sharded', { only: 'questions', shardRows: 5 });
    const names = [...(await folders.files('sharded')).keys()].filter((name) => name.startsWith('rl'));
    expect(names).toEqual(['rl-00000.jsonl', 'rl-00001.jsonl', 'rl-00002.jsonl']);
    const rows = await Promise.all(names.map((name) => folders.read(`sharded/${name}`)));
    expect(rows.map((some) => some.length)).toEqual([5, 5, 2]);
    await write('pixel-reasoner', 'whole', { only: 'questions' });
    expect(rows.flat()).toEqual(await folders.read('whole/rl.jsonl'));
    await write('hf', 'sharded-hf', { only: 'questions', shardRows: 7 });
    for (const shard of ['00000', '00001'])
      for (const row of (await folders.read(`sharded-hf/questions/${shard}/metadata.jsonl`)) as {
        file_name: string;
      }[])
        expect((await stat(folders.at('sharded-hf/questions', shard, row.file_name))).size).toBeGreaterThan(
          0,
        );
    await expect(write('m4-vitevqa', 'never', { only: 'trajectories' })).rejects.toThrow('no trajectories');
    await expect(write('messages', 'never', { parquet: true })).rejects.toThrow('--parquet');
    await folders.lines('bare/questions.jsonl', questions);
    const none = await write('messages', 'never', { dir: folders.at('bare') });
    expect(none.failure).toContain('nothing of the form messages');
    await expect(stat(folders.at('never'))).rejects.toThrow('ENOENT');
  });

  it('names what it cannot write: a missing video, text that is taken for a picture, a name that is no video', async () => {
    const [one] = trajectories;
    await folders.write('odd-videos/metadata.jsonl', 'mine');
    await folders.write('odd-videos/broken.mp4', 'no video at all');
    await folders.write('odd-videos/a.mp4', await readFile(folders.at('videos/a.mp4')));
    await folders.json('odd/data.json', { version: 1, form: 'test', videoRoot: '../odd-videos', madeBy: {} });
    await folders.lines('odd/questions.jsonl', [
      { ...questions[0], video: 'metadata.jsonl' },
      { ...questions[1], video: 'a.mp4' },
    ]);
    await folders.lines('odd/trajectories.jsonl', [
      { ...one, video: 'a.mp4' },
      { ...one, id: '1', video: 'gone.mp4' },
      { ...one, id: '2', video: 'a.mp4', question: 'Where is <image>?' },
      { ...one, id: '3', video: 'broken.mp4' },
      { ...one, id: '4', video: '../a.mp4' },
      { ...one, id: '5', video: 'a.mp4', question: 'half \ud83d' },
    ]);
    const { report, failure } = await write('hf', 'odd-out', { dir: folders.at('odd'), maxRefused: 1 });
    expect(failure).toBeNull();
    expect(
      report.refused
        .map(({ reason, examples }) => [reason, examples.map(({ where }) => where.split(':').at(-1))])
        .sort(),
    ).toEqual([
      ['cannot-be-written', ['1']],
      ['cannot-be-written', ['3', '6']],
      ['path-outside', ['5']],
      ['video-missing', ['2']],
      ['video-unreadable', ['4']],
    ]);
    expect(await readFile(folders.at('odd-videos/metadata.jsonl'), 'utf8')).toBe('mine');
  });
});

it('the command line offers the forms that there are', () => {
  expect(FORMS).toEqual(EXPORT_FORMS);
});
