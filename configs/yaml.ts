import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { Problem } from './problems.js';

/** Where something stands in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text as data, with the place of everything in it. */
export interface Yaml {
  readonly value: unknown;
  /** Syntax errors and duplicate keys; with any, `value` is not to be used. */
  readonly problems: readonly Problem[];
  /** The place of the value at a path, or of the nearest thing above it that exists. */
  at(path: readonly PropertyKey[]): Place;
  /** The place of a key itself. */
  atKey(path: readonly PropertyKey[], key: string): Place;
}

/** Reads YAML 1.2 with its places. Never throws on bad text: `problems` says what is wrong. */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    message: error.message,
  }));
  const at = (path: readonly PropertyKey[]): Place => place(offsetAt(document, path));
  const atKey = (path: readonly PropertyKey[], key: string): Place => {
    const map: unknown = path.length === 0 ? document.contents : document.getIn([...path], true);
    const pair = isMap(map) ? map.items.find((item) => isPair(item) && keyText(item.key) === key) : undefined;
    return isNode(pair?.key) && pair.key.range ? place(pair.key.range[0]) : at(path);
  };
  if (problems.length > 0) return { value: null, problems, at, atKey };
  try {
    // An alias that expands too far throws here.
    return { value: document.toJS({ maxAliasCount: 100 }), problems, at, atKey };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { value: null, problems: [{ line: 1, column: 1, message }], at, atKey };
  }
}

function offsetAt(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}
