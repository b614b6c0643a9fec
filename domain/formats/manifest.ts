import type { DataManifest } from '../data/records.js';
import { RowRefusal } from './refusal.js';
import { Row, shown } from './row.js';

/** `data.json` as a record. */
export function manifestOf(value: unknown): DataManifest {
  const row = new Row(value, 'data.json');
  const version = row.raw('version');
  if (version !== 1) throw new RowRefusal('bad-value', `expected "version" to be 1, got ${shown(version)}`);
  const made = row.object('madeBy').rest();
  const madeBy = Object.fromEntries(
    Object.entries(made).map(([name, by]) => {
      if (typeof by !== 'string')
        throw new RowRefusal('wrong-type', `expected "${name}" of "madeBy" to be text, got ${shown(by)}`);
      return [name, by] as const;
    }),
  );
  const videoRoot = row.optionalText('videoRoot');
  return { version: 1, form: row.text('form'), ...(videoRoot === undefined ? {} : { videoRoot }), madeBy };
}
