/** 0.8125 → `81.3 %`, with a space that does not break. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/** A difference of shares in percentage points, with its sign: 0.031 → `+3.1`. */
export function points(delta: number): string {
  const text = (Math.abs(delta) * 100).toFixed(1);
  return text === '0.0' ? text : `${delta < 0 ? '\u2212' : '+'}${text}`;
}

/** An interval of shares, in percent: `78.7–83.5`. */
export function interval([low, high]: readonly [number, number]): string {
  return `${(low * 100).toFixed(1)}\u2013${(high * 100).toFixed(1)}`;
}

/** A count with its thousands set apart. */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** A metric's value in about three digits, whatever its size. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1).replace('-', '\u2212');
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(digits).replace('-', '\u2212');
}

/** Milliseconds as a person would say them: `840 ms`, `12.4 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}\u00a0min ${seconds % 60}\u00a0s`;
}

/** A PNG as a data URL. */
export function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
