import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ReportRow, RunReport } from '../../activities/contract.js';
import { reportTable } from '../../cli/table.js';

const row = (stage: string, accuracy: number): ReportRow => ({
  stage,
  n: 1024,
  accuracy,
  ci95: [accuracy - 0.02, accuracy + 0.03],
  anls: accuracy,
  clips: 0.41,
  crops: 1.32,
  turns: 2.73,
  single: { n: 512, accuracy: accuracy + 0.01, ci95: [0, 1] },
  several: { n: 0, accuracy: 0, ci95: [0, 1] },
});

const REPORT: RunReport = {
  run: 'a-run',
  curriculum: 'mini',
  stages: [row('DRP-SFT', 0.5), row('a-stage-whose-name-goes-on-and-on', 0.75)],
  baselines: { majority: row('majority', 0.1), direct: row('direct', 0.2), base: row('base', 0.15) },
  effects: [{ stage: 'RL_d', delta: -0.04, ci95: [-0.08, 0.001] }],
  ledger: { sampled: 0, trained: 0, filtered: {}, quarantined: {} },
  madeBy: {},
};

describe('the table for a terminal', () => {
  const lines = stripVTControlCharacters(reportTable(REPORT)).split('\n');

  test('fits 100 columns, whatever the names', () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('has a row for each stage in order, then base, direct and majority', () => {
    const names = lines.flatMap((line) => /^ (.{20}).*1024\s*$/.exec(line)?.[1]?.trim() ?? []);
    expect(names).toEqual(
      ['after DRP-SFT', 'after a-stage-whose', 'base policy', 'direct answering', 'majority answer'].map(
        (name) => expect.stringContaining(name) as string,
      ),
    );
  });

  test('shows a share as a percentage, an empty split as a dash, and an effect with its sign', () => {
    const first = lines.find((line) => line.includes('after DRP-SFT'));
    expect(first?.trim().split(/\s{2,}/)).toEqual([
      'after DRP-SFT',
      '50.0 %',
      '48.0–53.0',
      '51.0 %',
      '–',
      '0.500',
      '0.41',
      '1.32',
      '2.73',
      '1024',
    ]);
    expect(lines.at(-1)).toContain('-4.0 points (95 % interval of the paired difference -8.0 to +0.1)');
  });

  test('opens with the verdict and goes without the direct row where no such baseline was trained', () => {
    const text = reportTable({ ...REPORT, baselines: { ...REPORT.baselines, direct: null } });
    expect(stripVTControlCharacters(text).replaceAll('\n', ' ')).toContain(
      '60.0 points above the base policy (15.0 %), and the two intervals do not overlap.',
    );
    expect(text).not.toContain('direct answering');
  });
});
