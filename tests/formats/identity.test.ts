import { describe, expect, it } from 'vitest';
import { m4OfOcr, ocrOfM4 } from '../../domain/formats/m4-ocr.js';
import { m4OfQuestion, questionOfM4 } from '../../domain/formats/m4-vitevqa.js';
import { videoOcrOf } from '../../domain/formats/ocr.js';
import { questionOfRlRow, rlRowOfQuestion } from '../../domain/formats/pixel-reasoner-rl.js';
import { trajectoryOfSft } from '../../domain/formats/pixel-reasoner-sft.js';
import { sftRowOfTrajectory } from '../../domain/formats/pixel-reasoner-write.js';
import { questionOfPlain } from '../../domain/formats/plain.js';
import { questionOf } from '../../domain/formats/question.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { trajectoryOf } from '../../domain/formats/trajectory.js';
import { Generated, pictured } from './generated.js';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);
const SIZE = { widthPx: 1174, heightPx: 660 };

/** As a file would give it back. */
function read(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('records', () => {
  it('are read from their own lines as they were written', () => {
    for (const seed of SEEDS) {
      const made = new Generated('own', seed);
      const question = made.question(0, 'a/b c.mp4');
      expect(questionOf(read(question))).toEqual(read(question));
      expect(questionOfPlain(read(question), 1)).toEqual(read(question));
      const trajectory = made.trajectory(0, 'ü.mp4', made.whether() ? 'q' : null);
      expect(trajectoryOf(read(trajectory))).toEqual(read(trajectory));
      const ocr = made.ocr('v.mp4', null);
      expect(videoOcrOf(read(ocr))).toEqual(read(ocr));
    }
  });
});

describe('m4-vitevqa', () => {
  it('gives back every question that it wrote, and the same bytes again', () => {
    for (const seed of SEEDS) {
      const question = new Generated('m4', seed).question(0, 'folder/clip 1.mp4');
      const { header, row } = m4OfQuestion(question, SIZE);
      const { record, video } = questionOfM4(read(row), header, () => 'never asked');
      expect(record).toEqual(read(question));
      expect(video).toMatchObject(SIZE);
      expect(JSON.stringify(m4OfQuestion(record, SIZE))).toBe(
        JSON.stringify({ header, row, videoId: video.videoId }),
      );
    }
  });

  it('gives back the rows of its own files with the fields that nobody knows, by their values', () => {
    const header = { dataset_type: 't1s1val', dataset_name: 'vtvqa', dataset_version: '0.0.2' };
    const row = {
      question: 'What is the MPH?',
      source1: 'Single frame',
      source2: 'Text',
      video_id: '04666',
      answers: ['20'],
      video_width: 1280,
      video_height: 720,
      question_id: 20011,
      difficulty: { level: 3 },
    };
    const { record } = questionOfM4(row, header, (id) => `clips/${id}.mp4`);
    expect(record).toMatchObject({
      id: 't1s1val-20011',
      video: 'clips/04666.mp4',
      task: 't1s1',
      split: 'validation',
    });
    const written = m4OfQuestion(record, SIZE);
    expect(JSON.stringify(written)).toBe(JSON.stringify({ header, row, videoId: '04666' }));
  });

  it('gives back read text: from side files exactly, from elsewhere with its boxes, confidence and lines', () => {
    for (const seed of SEEDS) {
      for (const digits of [6, null]) {
        const ocr = new Generated('ocr', seed).ocr('v.mp4', digits);
        const side = m4OfOcr(ocr, SIZE);
        const again = ocrOfM4(read(side), 'v.mp4', 10, SIZE);
        expect(again.refused).toEqual([]);
        expect(again.ocr).toEqual(read(ocr));
        expect(JSON.stringify(m4OfOcr(again.ocr, SIZE))).toBe(JSON.stringify(side));
      }
    }
  });
});

describe('pixel-reasoner', () => {
  it('gives back every question that it wrote as a row, and the same bytes again', () => {
    for (const seed of SEEDS) {
      const made = new Generated('rl', seed);
      const question = made.question(0, made.one(['a b.mp4', 'x/ü.png']));
      const row = rlRowOfQuestion(question);
      const again = questionOfRlRow(read(row));
      expect(again).toEqual(read(question));
      expect(JSON.stringify(rlRowOfQuestion(again))).toBe(JSON.stringify(row));
    }
  });

  it('gives back the rows that others wrote, with the fields that nobody knows', () => {
    const row = {
      qid: 'q-1',
      question: 'How many?',
      image: ['images/17.jpg'],
      is_video: false,
      answer: '3',
      difficulty: 2,
    };
    const record = questionOfRlRow(row);
    expect(record.source).toEqual({ form: 'pixel-reasoner-rl', fields: { difficulty: 2 } });
    expect(rlRowOfQuestion(record)).toEqual(row);
    expect(questionOfRlRow({ ...row, answer: '\\boxed{\\frac{1}{2}}' }).answers).toEqual(['\\frac{1}{2}']);
  });

  it('gives back every trajectory that it wrote', () => {
    for (const seed of SEEDS) {
      const made = new Generated('sft', seed);
      const trajectory = made.trajectory(0, made.one(['a b.mp4', 'x/ü.png']), made.whether() ? 'q' : null);
      const row = sftRowOfTrajectory(trajectory, pictured(trajectory));
      const again = trajectoryOfSft(read(row), 1);
      expect(again).toEqual(read(trajectory));
      expect(JSON.stringify(sftRowOfTrajectory(again, pictured(again)))).toBe(JSON.stringify(row));
    }
  });

  it('refuses to write a thought that closes itself, an answer that is markup, and blanks that would be lost', () => {
    const made = new Generated('sft', 1).trajectory(0, 'a.mp4', null);
    const answering = (thought: string, text: string): (() => unknown) => {
      const turns = [...made.turns.slice(0, -1), { thought, action: { tool: 'answer', text } as const }];
      return () => sftRowOfTrajectory({ ...made, turns }, pictured({ ...made, turns }));
    };
    expect(answering('fine', 'fine')).not.toThrow();
    for (const refused of [
      answering('a</think>b', 'x'),
      answering('a', '\\boxed{3}'),
      answering('a', 'x '),
      answering('a', 'x</answer>'),
    ])
      expect(refused).toThrow(RowRefusal);
  });
});
