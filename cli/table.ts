import Table from 'cli-table3';
import pc from 'picocolors';
import type { ReportRow, RunReport } from '../activities/contract.js';
import { verdict } from '../domain/verdict.js';

const WIDTH = 100;
const HEADS = ['policy', 'accuracy', '95 %', 'one tool', 'several', 'ANLS', 'clips', 'crops', 'turns', 'n'];
/** Widths with a space on each side; the policy's name gets what is left. */
const NUMBER_WIDTHS = [10, 13, 10, 9, 7, 7, 7, 7, 7];
const NAME_WIDTH = WIDTH - NUMBER_WIDTHS.reduce((sum, width) => sum + width, 0);

/** The final table for a terminal of 100 columns: verdict, stages, baselines, what each RL stage changed. */
export function reportTable(report: RunReport): string {
  const { majority, direct, base } = report.baselines;
  const rows = [
    ...report.stages.map((row) => cells(`after ${row.stage}`, row)),
    cells('base policy', base),
    ...(direct === null ? [] : [cells('direct answering', direct)]),
    cells('majority answer', majority),
  ];
  const lines = drawn([HEADS, ...rows]);
  const rule = pc.dim('─'.repeat(WIDTH));
  const [head = '', ...body] = lines;
  return [
    pc.bold(`${report.run} (${report.curriculum})`),
    ...wrapped(verdict(report.stages, direct, base)),
    '',
    pc.dim(head),
    rule,
    ...body.slice(0, report.stages.length),
    rule,
    ...body.slice(report.stages.length),
    ...effectLines(report.effects),
  ].join('\n');
}

function cells(name: string, row: ReportRow): readonly string[] {
  const split = ({ n, accuracy }: ReportRow['single']): string => (n === 0 ? '–' : percent(accuracy));
  return [
    name,
    percent(row.accuracy),
    row.ci95.map((bound) => (bound * 100).toFixed(1)).join('–'),
    split(row.single),
    split(row.several),
    row.anls.toFixed(3),
    row.clips.toFixed(2),
    row.crops.toFixed(2),
    row.turns.toFixed(2),
    String(row.n),
  ];
}

/** One line a row, columns aligned, no frame. */
function drawn(rows: readonly (readonly string[])[]): readonly string[] {
  const table = new Table({
    chars: NO_FRAME,
    colWidths: [NAME_WIDTH, ...NUMBER_WIDTHS],
    colAligns: ['left', ...NUMBER_WIDTHS.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split('\n');
}

const FRAME_PARTS = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'];
const MORE_PARTS = ['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'];
export const NO_FRAME = Object.fromEntries([...FRAME_PARTS, ...MORE_PARTS].map((part) => [part, '']));

function effectLines(effects: RunReport['effects']): readonly string[] {
  if (effects.length === 0) return [];
  const lines = effects.map(
    ({ stage, delta, ci95: [low, high] }) =>
      ` ${stage.slice(0, NAME_WIDTH - 2).padEnd(NAME_WIDTH - 2)} ${signed(delta)} points (95 % interval of the paired difference ${signed(low)} to ${signed(high)})`,
  );
  return ['', pc.dim(' what reinforcement learning changed'), ...lines];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function signed(delta: number): string {
  const text = (delta * 100).toFixed(1);
  return delta > 0 && text !== '0.0' ? `+${text}` : text;
}

/** Words filled into lines of at most 100 columns. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
