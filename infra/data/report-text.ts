import { plural, type DataReport, type What } from './report.js';

/** Widest a message may be in the table. */
const WIDTH = 100;

/** A report for a terminal: what was counted, what was refused and why, with places to look at, then warnings. */
export function reportText(report: DataReport): string {
  const rows = Object.entries(report.counts).map(([what, { read, kept, refused }]) => [
    plural(what as What, 2),
    String(read),
    String(kept),
    String(refused),
  ]);
  const lines = aligned([['', 'read', 'kept', 'refused'], ...rows]);
  for (const { what, reason, count, examples } of report.refused) {
    lines.push('', `refused: ${count} ${plural(what, count)}, ${reason}`);
    for (const { where, message } of examples) lines.push(`  ${where}`, `    ${cut(message)}`);
    if (count > examples.length) lines.push(`  … and ${count - examples.length} more`);
  }
  if (report.warnings.length > 0) lines.push('', ...report.warnings.map((warning) => `warning: ${warning}`));
  return lines.join('\n');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]! + 2))).join(''),
  );
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > WIDTH * 2 ? `${line.slice(0, WIDTH * 2 - 1)}…` : line;
}
