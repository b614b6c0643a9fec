/** A line that shows how far something is: drawn over itself on a terminal, now and then elsewhere. */
export function progressLine(what: string): {
  readonly show: (at: { readonly done: number; readonly total: number; readonly more?: string }) => void;
  readonly end: () => void;
} {
  const { stderr } = process;
  let lastMs = 0;
  let lastLine = '';
  let drawn = false;
  return {
    show({ done, total, more = '' }) {
      const now = Date.now();
      if (now - lastMs < (stderr.isTTY ? 100 : 5_000) && done < total) return;
      const line = `${what}: ${done} of ${total}${more === '' ? '' : `, ${more}`}`;
      if (line === lastLine) return;
      [lastMs, lastLine] = [now, line];
      stderr.write(stderr.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
      drawn = stderr.isTTY;
    },
    end() {
      if (drawn) stderr.write('\n');
      drawn = false;
    },
  };
}
