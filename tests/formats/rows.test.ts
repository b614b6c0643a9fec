import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonHead } from '../../infra/data/rows/json-array.js';
import { readRows } from '../../infra/data/rows/read.js';
import { placeText, type SourceRow } from '../../infra/data/rows/row.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ruminate-rows-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function rowsOf(name: string, content: string | Uint8Array): Promise<readonly SourceRow[]> {
  const file = join(dir, name);
  await writeFile(file, content);
  return all(file);
}

async function all(file: string): Promise<readonly SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const row of readRows(file)) rows.push(row);
  return rows;
}

/** Values, and reasons of what was refused, with their places. */
function told(rows: readonly SourceRow[]): readonly unknown[] {
  return rows.map((row) => {
    const at = placeText({ ...row, file: '' });
    return 'refusal' in row ? [at, row.refusal.reason] : [at, row.value];
  });
}

const BOM = '\ufeff';

describe('JSON lines', () => {
  it('are read with a byte order mark, \\r\\n, blank lines and an end that is missing, and keep their numbers', async () => {
    const rows = await rowsOf('a.jsonl', `${BOM}{"a":1}\r\n\r\n  \n{"a":"ü\u2028"}\n[3]`);
    expect(told(rows)).toEqual([
      [':1', { a: 1 }],
      [':4', { a: 'ü\u2028' }],
      [':5', [3]],
    ]);
  });

  it('name a broken line and go on; of a file that is cut short they say so', async () => {
    const rows = await rowsOf('b.jsonl', '{"a":1}\n{"a":\n{"a":2}\n{"a":');
    expect(told(rows)).toEqual([
      [':1', { a: 1 }],
      [':2', 'broken-json'],
      [':3', { a: 2 }],
      [':4', 'broken-json'],
    ]);
    expect(rows.map((row) => ('refusal' in row ? row.refusal.message : ''))).toEqual([
      '',
      expect.not.stringContaining('cut short'),
      '',
      expect.stringContaining('cut short'),
    ]);
  });

  it('refuse what is no UTF-8 and say of UTF-16 what it is; nothing becomes a question mark', async () => {
    const bad = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{"a":"�"}\n')]);
    expect(told(await rowsOf('c.jsonl', bad))).toEqual([
      [':1', 'invalid-utf8'],
      [':2', { a: '�' }],
    ]);
    const [first] = await rowsOf('d.jsonl', Buffer.from(`${BOM}{"a":1}`, 'utf16le'));
    expect(first).toMatchObject({
      refusal: { reason: 'invalid-utf8', message: expect.stringContaining('UTF-16') as string },
    });
  });

  it('are the same wherever blocks of the file end', async () => {
    const values = Array.from({ length: 4000 }, (_, i) => ({ i, text: 'äöü🙂'.repeat(i % 40) }));
    const rows = await rowsOf('e.jsonl', values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    expect(rows.map((row) => ('value' in row ? row.value : null))).toEqual(values);
    expect(rows.at(-1)?.line).toBe(4000);
  });
});

describe('JSON arrays', () => {
  it('are read element by element, bare or as `data` of an object, with the head of the object apart', async () => {
    const bare = '[{"a":[1,{"b":"]},\\""}]}, 2 ,"x,y", null]';
    const elements = [{ a: [1, { b: ']},"' }] }, 2, 'x,y', null];
    expect(told(await rowsOf('a.json', `${BOM} ${bare}\r\n`))).toEqual(
      elements.map((value, i) => [`[${i}]`, value]),
    );
    const inside = `{"head": {"data": [9]}, "data": ${bare}, "tail": "data"}`;
    expect(told(await rowsOf('b.json', inside))).toEqual(elements.map((value, i) => [`[${i}]`, value]));
    expect(await jsonHead(join(dir, 'b.json'))).toEqual({ head: { data: [9] }, data: [], tail: 'data' });
    expect(told(await rowsOf('c.json', '[]'))).toEqual([]);
  });

  it('are the same wherever blocks of the file end', async () => {
    const values = Array.from({ length: 3000 }, (_, i) => ({ i, text: '\\"ü🙂]'.repeat(i % 30) }));
    const rows = await rowsOf('d.json', JSON.stringify({ a: 1, data: values }, null, 2));
    expect(rows.map((row) => ('value' in row ? row.value : null))).toEqual(values);
  });

  it('name an element that is broken, and a file that ends too soon, is empty, or holds something else', async () => {
    expect(told(await rowsOf('e.json', '[1, 2 3, tru, ,4]'))).toEqual([
      ['[0]', 1],
      ['[1]', 'broken-json'],
      ['[2]', 'broken-json'],
      ['[3]', 'broken-json'],
      ['[4]', 4],
    ]);
    for (const cut of ['[{"a":1},{"a":2', '[1,2', '{"data":[1,2', '[1,"x'])
      expect(told(await rowsOf('f.json', cut)).at(-1)).toEqual([expect.anything(), 'broken-json']);
    for (const other of ['', '  ', '"text"', '17', '[1] [2]'])
      expect(told(await rowsOf('g.json', other)).at(-1)).toEqual([expect.anything(), 'broken-json']);
  });
});

describe('CSV', () => {
  it('is read with quotes, commas and line ends in cells, lists as JSON, empty cells absent', async () => {
    const csv = `${BOM}video,question,answers,options,split\r\na.mp4,"What, ""now""?\nand then",x,"[""A"",""B""]",\r\nb.mp4,q,"[""x"",""y""]",,test`;
    expect(told(await rowsOf('a.csv', csv))).toEqual([
      [':3', { video: 'a.mp4', question: 'What, "now"?\nand then', answers: ['x'], options: ['A', 'B'] }],
      [':4', { video: 'b.mp4', question: 'q', answers: ['x', 'y'], split: 'test' }],
    ]);
  });

  it('names rows with too few cells, a list that is no JSON, bytes that are no UTF-8, and a quote that never closes', async () => {
    const csv = Buffer.concat([
      Buffer.from('video,answers\na.mp4\nb.mp4,[x\nc.mp4,'),
      Buffer.from([0xe9]),
      Buffer.from('\nd.mp4,fine\ne.mp4,"open\nf.mp4,lost\n'),
    ]);
    expect(told(await rowsOf('b.csv', csv))).toEqual([
      [':2', 'broken-csv'],
      [':3', 'broken-json'],
      [':4', 'invalid-utf8'],
      [':5', { video: 'd.mp4', answers: ['fine'] }],
      [expect.any(String), 'broken-csv'],
    ]);
    expect(told(await rowsOf('c.csv', 'a,a\n1,2\n'))).toEqual([[':1', 'broken-csv']]);
  });
});

describe('Parquet', () => {
  it('gives rows with whole numbers as numbers, and refuses a column of bytes', async () => {
    const columnData = [
      { name: 'qid', data: ['a', 'b'], type: 'STRING' as const },
      { name: 'n', data: [1n, 2n], type: 'INT64' as const },
    ];
    const rows = await rowsOf('a.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    expect(told(rows)).toEqual([
      ['[0]', { qid: 'a', n: 1 }],
      ['[1]', { qid: 'b', n: 2 }],
    ]);
    const bytes = [{ name: 'image', data: [new Uint8Array([1, 255])], type: 'BYTE_ARRAY' as const }];
    expect(
      told(await rowsOf('b.parquet', new Uint8Array(parquetWriteBuffer({ columnData: bytes })))),
    ).toEqual([['[0]', 'wrong-type']]);
  });

  it('names a file that is none', async () => {
    expect(told(await rowsOf('c.parquet', 'PAR1 nothing of the kind'))).toEqual([['', 'broken-parquet']]);
  });
});

describe('files', () => {
  it('that are not there are refused, those of another kind are the mistake of the person', async () => {
    expect(told(await all(join(dir, 'nowhere.jsonl')))).toEqual([['', 'file-missing']]);
    await expect(all(join(dir, 'a.txt'))).rejects.toThrow('expected a file that ends in .jsonl');
  });
});
