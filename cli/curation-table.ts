import { counted } from '../domain/counted.js';
import type { CurationReport } from '../domain/curation/report.js';
import { REASONS, type Reason } from '../domain/curation/reasons.js';
import { columns, duration } from './format.js';
import type { CurationView } from '../infra/client/curation.js';

/** One line: how far a curation is, what it is at, and how long it will take. */
export function curationLine({ status, work }: CurationView): string {
  if (status === null) return 'waiting for the worker';
  const { videos, progress, secondsLeft, doing } = status;
  if (videos === null) return doing;
  const at = work.flatMap(({ progress: one }) =>
    one === null ? [] : [`${one.doing} ${one.done}/${one.total}`],
  );
  const troubled = work.find(({ failure }) => failure !== null);
  return [
    `${progress.done + progress.failed} of ${counted(videos, 'video')}`,
    ...(progress.failed === 0 ? [] : [`${progress.failed} failed`]),
    progress.accepted === 1 ? '1 trajectory' : `${progress.accepted} trajectories`,
    ...(secondsLeft === null ? [] : [`about ${duration(secondsLeft)} left`]),
    ...(troubled === undefined ? [] : [`attempt ${troubled.attempt}: ${troubled.failure ?? ''}`]),
    at.length === 0 ? doing : at.join('; '),
  ].join(' · ');
}

/** What came of a curation, for a terminal. */
export function curationTable(report: CurationReport): string {
  const { videos, frames, texts, questions, trajectories, truth, failures, refusedLines, decisions } = report;
  const rows: (readonly [string, string])[] = [
    ['videos', `${videos.total}: ${videos.read} read, ${videos.failed} failed`],
    [
      'frames',
      `${frames.sampled} sampled, ${frames.read} read (the others show the same picture, or came with their text)`,
    ],
    ['texts', `${texts.read} words${listed(texts.dropped, 'left out')}`],
    [
      'questions',
      `${questions.total}: ${questions.matched} matched, ${questions.ambiguous} ambiguous, ${questions.missing} missing` +
        (questions.lost === 0 ? '' : `, ${questions.lost} of failed videos`),
    ],
    [
      'trajectories',
      `${trajectories.made} made, ${total(trajectories.accepted)} accepted${listed(trajectories.accepted, '')}`,
    ],
  ];
  const reasons = Object.entries(trajectories.rejected).map(
    ([reason, count]) => [`  ${reason}`, `${count}  ${REASONS[reason as Reason]}`] as const,
  );
  const lines = [
    ...columns(rows),
    ...(reasons.length === 0 ? [] : ['', 'not taken', ...columns(reasons)]),
    ...(truth === null
      ? []
      : [
          '',
          'against the evidence of the questions',
          ...columns([
            ['  precision', `${percent(truth.precision)} of ${truth.found} found are right`],
            ['  recall', `${percent(truth.recall)} of ${truth.written} that are written somewhere`],
            ['  boxes', `${percent(truth.boxShare)} of ${truth.cropped} crops with IoU ≥ 0.5`],
          ]),
        ]),
    ...section(
      'videos that failed',
      failures.map(({ video, why }) => (why.startsWith(video) ? why : `${video}: ${why}`)),
    ),
    ...section('lines refused', refusedLines),
    ...section('decisions not honoured', decisions?.problems ?? []),
  ];
  return lines.join('\n');
}

const SHOWN = 20;

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length - SHOWN;
  return [
    '',
    title,
    ...lines.slice(0, SHOWN).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more in report.json`] : []),
  ];
}

function listed(counts: Readonly<Record<string, number>>, word: string): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return parts.length === 0 ? '' : ` (${word === '' ? '' : `${word}: `}${parts.join(', ')})`;
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}
