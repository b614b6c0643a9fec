import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { QuestionRecord } from '../../../domain/data/records.js';
import type { Box01 } from '../../../domain/world/records.js';
import { resolveVideo } from '../../../infra/video/resolve.js';
import { canvasFont } from '../../../infra/world/fonts.js';

const WIDTH_PX = 960;
const HEIGHT_PX = 540;
/** Frames a second of the recording: what is sampled at 1 fps is every second one. */
const FPS = 2;
const CAP_PX = 16;
const ROWS = 5;

const STOPS = [
  ...['Oakham', 'Brightwater', 'Saltmarsh', 'Tarnbeck', 'Willowford', 'Kettering', 'Ashbourne', 'Dunmere'],
  ...['Lakeside', 'Harrowgate', 'Penrose', 'Silverdale', 'Marlow', 'Thornbury', 'Eastleigh', 'Ravenglass'],
  ...['Coldwell', 'Inverlea', 'Newbridge', 'Stonehaven'],
];

interface Board {
  /** Seconds for which it stands still, from 0. */
  readonly fromSec: number;
  readonly toSec: number;
  /** First of the departures that it lists. */
  readonly first: number;
}

/** Three boards one after the other, the second for two seconds: it is read once. */
const BOARDS: readonly Board[] = [
  { fromSec: 0, toSec: 1, first: 0 },
  { fromSec: 1, toSec: 3, first: ROWS },
  { fromSec: 3, toSec: 4, first: 2 * ROWS },
];

/**
 * Videos of departure boards as a data folder, drawn without a browser: every text occurs once in its video, and the
 * questions bring its box as evidence.
 */
export async function writeBoards(dir: string, videos: number): Promise<readonly QuestionRecord[]> {
  await mkdir(join(dir, 'videos'), { recursive: true });
  const { writer } = await resolveVideo();
  const questions: QuestionRecord[] = [];
  for (let video = 0; video < videos; video++) {
    const file = `videos/board-${video}.mp4`;
    const frames: Uint8Array[] = [];
    for (const board of BOARDS) {
      const { pixels, boxes } = draw(video, board.first);
      for (let i = 0; i < FPS * (board.toSec - board.fromSec); i++) frames.push(pixels);
      const row = (video + board.first) % ROWS;
      const { stop, price } = departure(video, board.first + row);
      questions.push({
        id: `board-${video}-${board.first}`,
        video: file,
        question: `What does the ticket to ${stop} cost?`,
        answers: [price],
        evidence: [
          {
            startSec: board.fromSec,
            endSec: board.toSec,
            text: price,
            boxes: [{ sec: board.fromSec, box01: boxes[row]! }],
          },
        ],
      });
    }
    const size = { widthPx: WIDTH_PX, heightPx: HEIGHT_PX };
    await writer.write(join(dir, file), { fps: FPS, ...size, channels: 4, crf: 23, frames });
  }
  await writeFile(join(dir, 'questions.jsonl'), questions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return questions;
}

function departure(video: number, number: number): { readonly stop: string; readonly price: string } {
  return {
    stop: STOPS[number]!,
    price: `£${(13.4 + video * 30 + number * 1.35).toFixed(2)}`,
  };
}

/** A board, and the boxes of its prices. */
function draw(
  video: number,
  first: number,
): { readonly pixels: Uint8Array; readonly boxes: readonly Box01[] } {
  const canvas = createCanvas(WIDTH_PX, HEIGHT_PX);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
  context.fillStyle = '#111';
  context.font = canvasFont({ family: 'sans', bold: false }, CAP_PX);
  const boxes = Array.from({ length: ROWS }, (_, row) => {
    const { stop, price } = departure(video, first + row);
    const y = 90 + row * 90;
    context.fillText(stop, 60, y);
    context.fillText(price, 620, y);
    return boxOf(context, price, 620, y);
  });
  return { pixels: new Uint8Array(context.getImageData(0, 0, WIDTH_PX, HEIGHT_PX).data), boxes };
}

function boxOf(context: SKRSContext2D, text: string, x: number, y: number): Box01 {
  const ink = context.measureText(text);
  return [
    (x - ink.actualBoundingBoxLeft) / WIDTH_PX,
    (y - ink.actualBoundingBoxAscent) / HEIGHT_PX,
    (x + ink.actualBoundingBoxRight) / WIDTH_PX,
    (y + ink.actualBoundingBoxDescent) / HEIGHT_PX,
  ];
}
