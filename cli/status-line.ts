/** A line of text that is drawn over itself on a terminal, and elsewhere written now and then when it has changed. */
export function statusLine(stream: NodeJS.WriteStream = process.stderr): {
  readonly show: (line: string) => void;
  readonly end: () => void;
} {
  let lastMs = 0;
  let last = '';
  return {
    show(line) {
      if (line === last) return;
      if (stream.isTTY) {
        const width = stream.columns || 100;
        stream.write(`\r\u001b[2K${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
      } else {
        if (Date.now() - lastMs < 5_000) return;
        stream.write(`${line}\n`);
      }
      lastMs = Date.now();
      last = line;
    },
    end() {
      if (stream.isTTY && last !== '') stream.write('\n');
    },
  };
}
