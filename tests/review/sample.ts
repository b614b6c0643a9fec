import { createCanvas } from '@napi-rs/canvas';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrajectoryRecord, TrajectoryTurn } from '../../domain/data/records.js';
import type { Box01 } from '../../domain/world/records.js';
import { resolveVideo } from '../../infra/video/resolve.js';

export const WIDTH_PX = 640;
export const HEIGHT_PX = 360;
/** Frames at 1 fps. */
export const FRAMES = 6;
/** Where the price stands, by frame (1-based): it moves to the right. */
export const priceBox = (frame: number): Box01 => {
  const x = 0.1 + 0.08 * (frame - 1);
  return [x, 0.4, x + 0.25, 0.6];
};

/** What an untrusted data set may hold. */
export const NASTY = `</script><img src=x onerror="window.hacked=1"> "quotes" 'single' & שלום 🧾`;

/** A data folder with a drawn video, trajectories that quality control took, and some that it did not. */
export async function sampleFolder(
  dir: string,
  options: { readonly trajectories?: readonly TrajectoryRecord[] } = {},
): Promise<void> {
  await mkdir(join(dir, 'videos'), { recursive: true });
  await writeVideo(join(dir, 'videos', 'board.mp4'));
  const taken = options.trajectories ?? TAKEN;
  await writeFile(join(dir, 'trajectories.jsonl'), lines([...taken]));
  await writeFile(
    join(dir, 'rejected.jsonl'),
    lines([
      {
        id: 'whole',
        questionId: 'q9',
        video: 'videos/board.mp4',
        step: 'replay',
        reason: 'not-legible',
        why: 'the answer cannot be read in what it looked at last',
        trajectory: trajectory('whole', 'What is the price in frame 2?', [crop(2), answer('4.20')]),
      },
      {
        id: 'nasty',
        questionId: 'q-nasty',
        video: 'videos/board.mp4',
        step: 'check',
        reason: 'ambiguous',
        why: NASTY,
        trajectory: trajectory('nasty', NASTY, [crop(1), answer(NASTY)], [NASTY]),
      },
      { id: 'q10', questionId: 'q10', video: 'videos/board.mp4', step: 'match', reason: 'missing', why: 'x' },
    ]),
  );
}

export function trajectory(
  id: string,
  question: string,
  turns: readonly TrajectoryTurn[],
  answers: readonly string[] = ['4.20'],
  video = 'videos/board.mp4',
): TrajectoryRecord {
  const style = turns.length > 2 ? 'crp' : 'drp';
  const provenance = { steps: [{ step: 'synthesize', version: '1', sha256: '0'.repeat(64) }] };
  return { id, video, question, questionId: `q-${id}`, answers, style, fps: 1, turns, provenance };
}

export function crop(frame: number, bbox01: Box01 = priceBox(frame)): TrajectoryTurn {
  return {
    thought: `The price is too small in the overview; I zoom into frame ${frame}.`,
    action: { tool: 'crop', targetFrame: frame, bbox01 },
    reads: [{ text: '4.20', frame, box01: bbox01 }],
  };
}

export function clip(...targetFrames: readonly number[]): TrajectoryTurn {
  return {
    thought: `I look at frames ${targetFrames.join(', ')} to find the board.`,
    action: { tool: 'clip', targetFrames },
    reads: targetFrames.map((frame) => ({ text: 'COFFEE', frame, box01: [0.1, 0.1, 0.5, 0.25] as const })),
  };
}

export function answer(text: string): TrajectoryTurn {
  return { thought: 'The board says so.', action: { tool: 'answer', text } };
}

export const TAKEN: readonly TrajectoryRecord[] = [
  trajectory('one', 'What does the coffee cost?', [crop(3), answer('4.20')]),
  trajectory(
    'two',
    'What is sold on the board that moves to the right?',
    [clip(1, 4, 6), answer('COFFEE')],
    ['coffee'],
  ),
  trajectory('three', 'What does the coffee cost when the board is in the middle?', [
    clip(2, 5),
    crop(4, [0.7, 0.7, 0.9, 0.9]),
    crop(4),
    answer('4.20'),
  ]),
];

async function writeVideo(file: string): Promise<void> {
  const { writer } = await resolveVideo();
  const frames = Array.from({ length: FRAMES }, (_, at) => drawn(at + 1));
  await writer.write(file, { fps: 1, widthPx: WIDTH_PX, heightPx: HEIGHT_PX, frames, channels: 4, crf: 16 });
}

function drawn(frame: number): Uint8Array {
  const canvas = createCanvas(WIDTH_PX, HEIGHT_PX);
  const ctx = canvas.getContext('2d');
  ctx.fillStyle = '#27506b';
  ctx.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
  ctx.fillStyle = '#f5e9c8';
  ctx.font = 'bold 44px sans-serif';
  ctx.fillText('COFFEE', 70, 76);
  const [x1, y1, x2, y2] = priceBox(frame);
  ctx.fillRect(x1 * WIDTH_PX, y1 * HEIGHT_PX, (x2 - x1) * WIDTH_PX, (y2 - y1) * HEIGHT_PX);
  ctx.fillStyle = '#6b1d1d';
  ctx.fillText('4.20', x1 * WIDTH_PX + 24, y2 * HEIGHT_PX - 20);
  return new Uint8Array(ctx.getImageData(0, 0, WIDTH_PX, HEIGHT_PX).data.buffer);
}

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
