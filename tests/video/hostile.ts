import { readFile, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { deflateSync } from 'node:zlib';

/** A PNG of a few hundred bytes that declares a huge picture. */
export function bombPng(widthPx: number, heightPx: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(100_000))), chunk('IEND')];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(kind: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A quarter of a second of nothing. */
export function silentWav(): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  header.writeUInt32LE(36 + 4000, 4);
  header.writeUInt32LE(16, 16);
  header.set([1, 0, 1, 0], 20);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(16_000, 28);
  header.set([2, 0, 16, 0], 32);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(4000, 40);
  return Buffer.concat([header, Buffer.alloc(4000)]);
}

/**
 * Copies an MP4 whose data reference says that its pictures are in another file: `url ` "in this file" becomes an
 * `alis` with an absolute path, and the pictures are cut out.
 */
export async function copyWithExternalData(from: string, to: string, target: string): Promise<void> {
  const bytes = await readFile(from);
  const boxAt = bytes.indexOf('url ') - 4;
  const alias = aliasBox(target);
  const grown = alias.length - bytes.readUInt32BE(boxAt);
  const out = Buffer.concat([
    bytes.subarray(0, boxAt),
    alias,
    bytes.subarray(boxAt + bytes.readUInt32BE(boxAt)),
  ]);
  for (const kind of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    const at = out.indexOf(kind, kind === 'dref' ? out.indexOf('dinf') : 0) - 4;
    out.writeUInt32BE(out.readUInt32BE(at) + grown, at);
  }
  const data = out.indexOf('mdat');
  out.fill(0, data + 4, data - 4 + out.readUInt32BE(data - 4));
  await writeFile(to, out);
}

/** QuickTime's alias record with an absolute path (kind 2), which FFmpeg follows when it is told to. */
function aliasBox(target: string): Buffer {
  const fixed = Buffer.alloc(150);
  const name = Buffer.from(target, 'utf8');
  const even = name.length % 2 === 0 ? name : Buffer.concat([name, Buffer.alloc(1)]);
  const kind = Buffer.alloc(4);
  kind.writeInt16BE(2, 0);
  kind.writeUInt16BE(name.length, 2);
  const end = Buffer.from([0xff, 0xff, 0, 0]);
  const body = Buffer.concat([fixed, kind, even, end]);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(12 + body.length, 0);
  head.write('alis', 4, 'latin1');
  return Buffer.concat([head, body]);
}
