import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkData } from '../../infra/data/check.js';
import { openDataFolder } from '../../infra/data/read-folder.js';
import { resolveVideo } from '../../infra/video/resolve.js';
import { Folders } from './folders.js';

const GREYS = [30, 90, 150, 210];
const PICTURES = GREYS.map((_, at) => `clips/seven/${at + 1}.png`);

let folders: Folders;
beforeAll(async () => {
  folders = await Folders.make();
  for (const [at, grey] of GREYS.entries())
    await folders.write(`videos/${PICTURES[at]!}`, await picture(65, 48, grey));
  await folders.write('videos/clips/seven/odd.png', await picture(20, 20, 0));
  await folders.write('videos/clips/seven/none.png', 'no picture');
});
afterAll(() => folders.remove());

function picture(width: number, height: number, grey: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .png()
    .toBuffer();
}

function sftOf(...video: readonly string[]): unknown {
  const call = { name: 'select_frames', arguments: { target_frames: [2, 4] } };
  const zoom = { name: 'crop_image_normalized', arguments: { target_image: 6, bbox_2d: [0, 0, 0.5, 0.5] } };
  const says = (text: string): unknown => ({ role: 'assistant', content: [{ text }] });
  return {
    message_list: [
      { role: 'user', content: [{ video }, { text: 'Which?' }] },
      says(`<tool_call>${JSON.stringify(call)}</tool_call>`),
      { role: 'user', content: [{ text: 'Here:' }, { image: 'x' }, { image: 'y' }] },
      says(`<tool_call>${JSON.stringify(zoom)}</tool_call>`),
      says('\\boxed{B}'),
    ],
  };
}

describe('videos that are lists of pictures', () => {
  it('become videos whose frames are the pictures, and calls by number of picture keep their meaning', async () => {
    const file = await folders.lines('sft.jsonl', [sftOf(...PICTURES), sftOf(...[...PICTURES].reverse())]);
    const { failure, report } = await folders.import('pixel-reasoner-sft', file, 'sft', { joinFrames: true });
    expect([failure, report.refused]).toEqual([null, []]);
    const folder = await openDataFolder(folders.at('sft'));
    const { reader } = await resolveVideo();
    const seen: number[][] = [];
    for await (const { video, turns } of folder.trajectories()) {
      expect(folder.videoFile(video)).toContain(folders.at('sft/videos/joined/seven-'));
      // Picture 6 is the second one that the clip has shown: frame 4.
      expect(turns.map(({ action }) => action)).toMatchObject([
        { targetFrames: [2, 4] },
        { targetFrame: 4 },
        { text: 'B' },
      ]);
      const frames = await reader.frames(folder.videoFile(video), {
        fps: 1,
        indices: [1, 2, 3, 4],
        channels: 1,
      });
      expect(frames.map(({ widthPx, heightPx }) => [widthPx, heightPx])).toEqual(GREYS.map(() => [66, 48]));
      seen.push(frames.map(({ data }) => data[data.length >> 1]!));
    }
    for (const [at, grey] of GREYS.entries()) {
      expect(Math.abs(seen[0]![at]! - grey)).toBeLessThanOrEqual(3);
      expect(Math.abs(seen[1]![GREYS.length - 1 - at]! - grey)).toBeLessThanOrEqual(3);
    }
    expect((await checkData({ dir: folders.at('sft'), maxRefused: 0 })).failure).toBeNull();
  });

  it('are named where they cannot become one, and nothing half is left', async () => {
    const row = (qid: number, ...image: readonly string[]): unknown => ({
      qid,
      question: 'q',
      image,
      is_video: true,
      answer: 'x',
    });
    const file = await folders.lines('rl.jsonl', [
      row(1, ...PICTURES),
      row(2, PICTURES[0]!, 'clips/seven/odd.png'),
      row(3, PICTURES[0]!, 'clips/seven/none.png'),
      row(4, PICTURES[0]!, 'clips/seven/gone.png'),
      row(5, PICTURES[0]!, '../x.png'),
      row(6, 'a.mp4'),
    ]);
    const { report } = await folders.import('pixel-reasoner-rl', file, 'rl', { joinFrames: true });
    expect(report.refused.map(({ reason, examples }) => [reason, examples[0]?.where])).toEqual([
      ['bad-value', `${file}:2`],
      ['video-unreadable', `${file}:3`],
      ['video-missing', `${file}:4`],
      ['path-outside', `${file}:5`],
    ]);
    const videos = [...(await folders.files('rl/videos')).keys()];
    expect(videos).toEqual(['a.mp4', expect.stringMatching(/^joined\/seven-[0-9a-f]{16}\.mp4$/)]);
    await expect(folders.import('video-r1', file, 'never', { joinFrames: true })).rejects.toThrow(
      '--join-frames',
    );
    const without = await folders.import('pixel-reasoner-rl', file, 'without');
    expect(without.report.refused[0]).toMatchObject({ reason: 'video-as-frames', count: 5 });
  });
});
