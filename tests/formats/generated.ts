import type {
  EvidenceRecord,
  Provenance,
  QuestionRecord,
  TrajectoryRecord,
  VideoOcr,
} from '../../domain/data/records.js';
import type { Rendered } from '../../domain/formats/conversation.js';
import { stream, type RandomStream } from '../../domain/seeds.js';
import type { Box01 } from '../../domain/world/records.js';

/** Pieces that break careless writers: quotes, separators, ends of lines, markup, other scripts, what JSON escapes. */
const PIECES = [
  ...[
    'what',
    'Ωmega',
    '東京',
    'عربي',
    '🙂',
    'é',
    'e\u0301',
    '"',
    "'",
    '\\',
    ',',
    ';',
    '|',
    '\n',
    '\r\n',
    '\t',
  ],
  ...[
    '{',
    '}',
    '[1]',
    '<b>',
    '&amp;',
    '\u2028',
    '\u0000',
    '\ud83d',
    'null',
    '0',
    '-1e9',
    '$4.99',
    '  ',
    '/',
    '%',
  ],
];

/** Records by name: the same seed gives the same ones. */
export class Generated {
  readonly #draw: RandomStream;
  readonly #name: string;
  readonly #pieces: readonly string[];

  /** @param wellFormed leaves out what JSON carries and UTF-8 does not */
  constructor(name: string, seed: number, wellFormed = false) {
    this.#pieces = wellFormed ? PIECES.filter((piece) => !/\p{Surrogate}/u.test(piece)) : PIECES;
    this.#draw = stream('tests', 'formats', name, seed);
    this.#name = `${name}-${seed}`;
  }

  text(): string {
    const count = this.#draw.int(1, 7);
    const text = Array.from({ length: count }, () => this.one(this.#pieces)).join('');
    return text.trim() === '' ? `x${text}` : text;
  }

  one<T>(values: readonly T[]): T {
    return values[this.#draw.int(0, values.length)]!;
  }

  whether(): boolean {
    return this.#draw.int(0, 2) === 1;
  }

  list<T>(least: number, most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.#draw.int(least, most + 1) }, make);
  }

  /** With the six decimals that importers keep, or with all. */
  box(digits: number | null = null): Box01 {
    const value = (): number =>
      digits === null ? this.#draw.float() : Math.round(this.#draw.float() * 10 ** digits) / 10 ** digits;
    const [a, b, c, d] = [value() / 2, value() / 2, value() / 2, value() / 2];
    const round = (x: number): number => (digits === null ? x : Math.round(x * 10 ** digits) / 10 ** digits);
    return [round(a), round(b), round(a + 0.25 + c / 2), round(b + 0.25 + d / 2)];
  }

  question(at: number, video: string): QuestionRecord {
    return {
      id: `${this.#name}-${at}-${this.one(['a', 'ü', '"', ' b'])}`,
      video,
      question: this.text(),
      answers: this.list(1, 4, () => this.text()),
      ...(this.whether() ? { options: this.list(0, 4, () => this.text()) } : {}),
      ...(this.whether() ? { split: this.one(['train', 'validation', 'test', 'extra', 'mine']) } : {}),
      ...(this.whether() ? { task: this.text() } : {}),
      ...(this.whether() ? { evidence: this.list(0, 3, () => this.evidence()) } : {}),
      ...(this.whether()
        ? {
            source: {
              form: this.one(['m4-vitevqa', 'pixel-reasoner-rl', 'folder', 'x']),
              fields: this.fields(),
            },
          }
        : {}),
    };
  }

  evidence(): EvidenceRecord {
    const startSec = this.#draw.float() * 10;
    return {
      startSec,
      endSec: startSec + 0.1 + this.#draw.float(),
      ...(this.whether() ? { text: this.text() } : {}),
      boxes: this.list(0, 3, () => ({ sec: this.#draw.float(), box01: this.box() })),
    };
  }

  fields(): Readonly<Record<string, unknown>> {
    const names = [
      'level',
      'qid',
      'image',
      'video_id',
      'dataset_type',
      'ruminate',
      'question_id',
      'ключ',
      '__proto__',
    ];
    return Object.fromEntries(
      this.list(
        0,
        4,
        () => [this.one(names), this.one<unknown>([1, null, 'x', [1, { a: 'b' }], true])] as const,
      ),
    );
  }

  trajectory(at: number, video: string, questionId: string | null): TrajectoryRecord {
    const looks = this.list(1, 4, () => {
      const action = this.whether()
        ? ({ tool: 'clip', targetFrames: this.list(1, 4, () => this.#draw.int(1, 4)) } as const)
        : ({ tool: 'crop', targetFrame: this.#draw.int(1, 4), bbox01: this.box() } as const);
      const turn = { thought: this.whether() ? '' : this.text().trim(), action };
      if (this.whether()) return turn;
      return {
        ...turn,
        reads: this.list(0, 2, () => ({
          text: this.text(),
          frame: 1,
          box01: this.whether() ? this.box() : null,
        })),
      };
    });
    return {
      id: `${this.#name}-${at}`,
      video,
      question: this.text(),
      questionId,
      answers: this.list(1, 3, () => this.text()),
      style: this.one(['drp', 'crp', 'given'] as const),
      fps: this.one([1, 2, 0.5]),
      turns: [...looks, { thought: 'then', action: { tool: 'answer', text: this.text().trim() } }],
      provenance: this.provenance(),
    };
  }

  provenance(): Provenance {
    return {
      ...(this.whether() ? { source: { form: 'x', fields: this.fields() } } : {}),
      steps: this.list(0, 2, () => ({ step: 'match', version: '1', sha256: 'ab'.repeat(32) })),
      ...(this.whether()
        ? { review: { decision: this.one(['accepted', 'mended'] as const), by: this.text() } }
        : {}),
    };
  }

  ocr(video: string, digits: number | null): VideoOcr {
    let frame = 0;
    return {
      version: 1,
      video,
      fps: 10,
      by: 'm4-vitevqa side file',
      frames: this.list(0, 4, () => {
        frame += this.#draw.int(1, 5);
        const words = this.list(0, 4, () => ({
          text: this.text(),
          box01: this.box(digits),
          confidence: this.whether() ? null : this.#draw.float(),
          line: this.#draw.int(0, 4),
        }));
        return { frame, words };
      }),
    };
  }
}

/** Pictures that a trajectory would show, by names alone: what the forms write does not depend on the pixels. */
export function pictured(record: TrajectoryRecord): Rendered {
  const looks = record.turns.slice(0, -1).map(({ action }, at) => {
    const frames =
      action.tool === 'clip' ? action.targetFrames : action.tool === 'crop' ? [action.targetFrame] : [];
    return {
      pictures: frames.map((frame, i) => ({
        file: `media/${at}-${i}.png`,
        frame,
        widthPx: 64,
        heightPx: 48,
      })),
    };
  });
  return {
    overview: ['media/o1.png', 'media/o2.png', 'media/o3.png'],
    overviewFrames: [1, 2, 3],
    frames: 3,
    looks,
  };
}
