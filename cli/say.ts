/** Results: what a pipe gets. */
export function out(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What is said to people beside the result. */
export function err(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** One JSON value, alone on standard output. */
export function json(value: unknown): void {
  out(JSON.stringify(value, null, 2));
}

/** The end of a help page. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
