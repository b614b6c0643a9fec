import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import type { EvidenceRecord, QuestionRecord } from '../../../domain/data/records.js';
import { resolveVideo } from '../../../infra/video/resolve.js';

const WIDTH_PX = 1280;
const HEIGHT_PX = 720;
/** Frames a second of the recording: what is sampled at 1 fps is every second one. */
const FPS = 2;

/** A recording of a page: what it scrolls through, and what is asked about it. */
export interface PageRecording {
  readonly name: string;
  readonly html: string;
  /** Scroll position of each second, px. */
  readonly scrollPx: readonly number[];
  /** Elements that hold an answer, by CSS selector. */
  readonly asked: readonly { readonly question: string; readonly selector: string }[];
}

const STOPS = [
  ...['Oakham', 'Brightwater', 'Saltmarsh', 'Tarnbeck', 'Willowford', 'Kettering', 'Ashbourne', 'Dunmere'],
  ...['Lakeside', 'Harrowgate', 'Penrose', 'Silverdale', 'Marlow', 'Thornbury', 'Eastleigh', 'Ravenglass'],
  ...['Coldwell', 'Inverlea', 'Newbridge', 'Stonehaven'],
].map((stop, i) => ({
  stop,
  time:
    `${6 + Math.floor((i * 39 + 6) / 60)}`.padStart(2, '0') + ':' + `${(i * 39 + 6) % 60}`.padStart(2, '0'),
  train: `NX ${4021 + i * 137}`,
  price: `£${(3.4 + i * 1.35).toFixed(2)}`,
}));

const GOODS = [
  ['Claw hammer', '£14.50', 'HS-20417'],
  ['Spirit level', '£9.95', 'HS-31862'],
  ['Wood chisel', '£11.20', 'HS-47105'],
  ['Paint roller', '£6.75', 'HS-58239'],
  ['Tape measure', '£4.30', 'HS-60974'],
  ['Hand drill', '£27.80', 'HS-73416'],
  ['Garden shears', '£18.60', 'HS-82753'],
  ['Wire brush', '£3.15', 'HS-91680'],
  ['Bench vice', '£42.40', 'HS-10592'],
] as const;

/** Twenty departures; every platform and price occurs once, `On time` in many rows. */
export const TIMETABLE: PageRecording = {
  name: 'timetable',
  html: page(
    'Northfield Central Departures',
    `<table>${STOPS.map(
      ({ stop, time, train, price }, i) =>
        `<tr><td id="time-${i}">${time}</td><td id="stop-${i}">${stop}</td><td id="train-${i}">${train}</td><td id="price-${i}">${price}</td><td>${i % 5 === 0 ? 'Delayed' : 'On time'}</td></tr>`,
    ).join('')}</table>`,
  ),
  scrollPx: [0, 0, 0, 160, 320, 480, 480, 480],
  asked: [
    { question: 'Which train leaves for Brightwater?', selector: '#train-1' },
    { question: 'What does the ticket to Tarnbeck cost?', selector: '#price-3' },
    { question: 'When does the train to Willowford leave?', selector: '#time-4' },
    { question: 'Where does the train at 14:33 go?', selector: '#stop-13' },
    { question: 'Which train leaves for Newbridge?', selector: '#train-18' },
  ],
};

export const SHOP: PageRecording = {
  name: 'shop',
  html: page(
    'Harbour Street Hardware',
    `<div class="grid">${GOODS.map(
      ([good, price, code], i) =>
        `<div class="card"><b id="good-${i}">${good}</b><p id="price-${i}">${price}</p><small id="code-${i}">${code}</small></div>`,
    ).join('')}</div>`,
  ),
  scrollPx: [0, 0, 200, 400, 400],
  asked: [
    { question: 'What does the claw hammer cost?', selector: '#price-0' },
    { question: 'What is the code of the paint roller?', selector: '#code-3' },
    { question: 'Which tool costs £27.80?', selector: '#good-5' },
  ],
};

/** Records pages with a real browser and writes them as a data folder: videos, and questions with their evidence from the page itself. */
export async function writePages(
  dir: string,
  executablePath: string,
  pages: readonly PageRecording[],
): Promise<readonly QuestionRecord[]> {
  await mkdir(join(dir, 'videos'), { recursive: true });
  const { writer } = await resolveVideo();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const questions: QuestionRecord[] = [];
  try {
    for (const recording of pages) {
      const view = await browser.newPage({ viewport: { width: WIDTH_PX, height: HEIGHT_PX } });
      await view.setContent(recording.html);
      const frames: Uint8Array[] = [];
      const boxes: (readonly (Box | null)[])[] = [];
      for (const top of recording.scrollPx) {
        await view.evaluate(`window.scrollTo(0, ${top})`);
        const { data } = await sharp(await view.screenshot())
          .ensureAlpha()
          .raw()
          .toBuffer({ resolveWithObject: true });
        for (let i = 0; i < FPS; i++) frames.push(data);
        boxes.push(
          await Promise.all(recording.asked.map(({ selector }) => boxOf(view.evaluate(boxScript(selector))))),
        );
      }
      const texts = await Promise.all(
        recording.asked.map(({ selector }) => view.locator(selector).textContent()),
      );
      const video = `videos/${recording.name}.mp4`;
      await writer.write(join(dir, video), {
        fps: FPS,
        widthPx: WIDTH_PX,
        heightPx: HEIGHT_PX,
        channels: 4,
        crf: 23,
        frames,
      });
      for (const [i, { question }] of recording.asked.entries()) {
        const text = texts[i] ?? '';
        const evidence = evidenceOf(
          text,
          boxes.map((at) => at[i] ?? null),
        );
        questions.push({ id: `${recording.name}-${i}`, video, question, answers: [text], evidence });
      }
      await view.close();
    }
  } finally {
    await browser.close();
  }
  await writeFile(join(dir, 'questions.jsonl'), questions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return questions;
}

type Box = readonly [number, number, number, number];

/** The text's own box, where all of it is in view. */
function boxScript(selector: string): string {
  return `(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(${JSON.stringify(selector)}));
    const { left, top, right, bottom } = range.getBoundingClientRect();
    return [left / ${WIDTH_PX}, top / ${HEIGHT_PX}, right / ${WIDTH_PX}, bottom / ${HEIGHT_PX}];
  })()`;
}

async function boxOf(result: Promise<unknown>): Promise<Box | null> {
  const box = (await result) as Box;
  return box.every((value) => value >= 0 && value <= 1) ? box : null;
}

/** One record for each stretch of seconds in which the text is in view. */
function evidenceOf(text: string, boxes: readonly (Box | null)[]): readonly EvidenceRecord[] {
  const records: { startSec: number; endSec: number; text: string; boxes: { sec: number; box01: Box }[] }[] =
    [];
  for (const [sec, box01] of boxes.entries()) {
    if (box01 === null) continue;
    const last = records.at(-1);
    if (last?.endSec === sec) {
      last.endSec = sec + 1;
      last.boxes.push({ sec, box01 });
    } else records.push({ startSec: sec, endSec: sec + 1, text, boxes: [{ sec, box01 }] });
  }
  return records;
}

function page(title: string, body: string): string {
  return `<!doctype html><style>
    body { margin: 0; font-family: 'DejaVu Sans', sans-serif; background: #fff; color: #111 }
    h1 { margin: 0; padding: 20px; background: #1d3557; color: #fff; font-size: 30px }
    table { width: 100%; font-size: 20px; border-spacing: 16px 18px }
    .grid { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 40px; padding: 40px }
    .card { border: 1px solid #999; padding: 24px; height: 180px; font-size: 20px }
    small { font-size: 16px; color: #333 }
  </style><h1>${title}</h1>${body}`;
}
