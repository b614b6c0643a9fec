/** Time of named stretches in milliseconds, each from the mark before it. */
export interface Stopwatch {
  mark(name: string): void;
  readonly marks: Readonly<Record<string, number>>;
}

export function stopwatch(): Stopwatch {
  const marks: Record<string, number> = {};
  let since = performance.now();
  return {
    marks,
    mark(name) {
      const now = performance.now();
      marks[name] = (marks[name] ?? 0) + Math.round(now - since);
      since = now;
    },
  };
}
