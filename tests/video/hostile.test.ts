import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFailure } from '../../domain/failures.js';
import { adaptersHere } from './adapters.js';
import { encode, everyTick } from './encode.js';
import { bombPng, copyWithExternalData, silentWav } from './hostile.js';
import { numberOf } from './numbered.js';
import { writeSound } from './sound.js';

let dir: string;
let server: Server;
const requests: string[] = [];
const at = (name: string): string => path.join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-hostile-'));
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  encode(at('good.mp4'), { codec: 'libx264', muxer: 'mp4', ticks: everyTick(25) });
  encode(at('good.ts'), { codec: 'libx264', muxer: 'mpegts', ticks: everyTick(25) });
  const playlist = (target: string): string =>
    `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.0,\n${target}\n#EXT-X-ENDLIST\n`;
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="96" height="64"><image xlink:href="${url}/svg.png" width="96" height="64"/></svg>`;
  const texts: Readonly<Record<string, string>> = {
    'hls-local.mp4': playlist(at('good.ts')),
    'hls-remote.mp4': playlist(`${url}/secret.ts`),
    'concat.mp4': `ffconcat version 1.0\nfile '${at('good.mp4')}'\n`,
    'dash.mp4': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${url}/dash.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    'sdp.mp4':
      'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    'srt.mp4': '1\n00:00:00,000 --> 00:00:02,000\nWords\n\n2\n00:00:02,000 --> 00:00:03,000\nMore\n',
    'ass.mp4':
      '[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Text\nDialogue: 0,0:00:00.00,0:00:02.00,Words\n',
    'svg.mp4': picture,
    'lavfi.mp4': 'testsrc=duration=1',
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(at(name), text);
  await copyWithExternalData(at('good.mp4'), at('reference.mov'), at('good.mp4'));
  await writeFile(at('bomb.png'), bombPng(10_000, 10_000));
  await writeFile(at('absurd.png'), bombPng(2_000_000, 2_000_000));
  writeSound(at('sound.mov'), null);
  writeSound(
    at('music.mp4'),
    await sharp({ create: { width: 96, height: 64, channels: 3, background: '#fff' } })
      .png()
      .toBuffer(),
  );
  await writeFile(at('sound.wav'), silentWav());
  await mkdir(at('closed'));
  await writeFile(at('closed/video.mp4'), await readFile(at('good.mp4')));
  await writeFile(at('unreadable.mp4'), await readFile(at('good.mp4')));
});
afterAll(async () => {
  server.close();
  await chmod(at('closed'), 0o700);
  await rm(dir, { recursive: true, force: true });
});

describe.each(await adaptersHere())('an untrusted file through $name', ({ reader }) => {
  const frame = (file: string): Promise<unknown> =>
    reader.frames(file, { fps: 1, indices: [1], channels: 1 });

  it.each([
    ...['hls-local.mp4', 'hls-remote.mp4', 'concat.mp4', 'dash.mp4', 'sdp.mp4'],
    ...['srt.mp4', 'ass.mp4', 'svg.mp4', 'lavfi.mp4', 'sound.wav'],
  ])('refuses %s by what it is, not by its name, and asks nobody for anything', async (name) => {
    await expect(frame(at(name))).rejects.toThrow(`${at(name)}: is not a video that FFmpeg can open`);
    await expect(reader.probe(at(name))).rejects.toThrow(DataFailure);
    expect(requests).toEqual([]);
  });

  it('does not follow a reference inside a QuickTime file', async () => {
    await expect(frame(at('reference.mov'))).rejects.toThrow(DataFailure);
  });

  it('refuses a picture that declares more pixels than are allowed', async () => {
    await expect(frame(at('bomb.png'))).rejects.toThrow(
      /bomb\.png: has pictures of 10000 × 10000 pixels; at most 40,000,000 pixels are allowed \(RUMINATE_VIDEO_MAX_PIXELS\)/,
    );
  });

  it.each([
    ['sound.mov', 'sound.mov: has no video stream'],
    ['music.mp4', 'music.mp4: has no video stream; a cover picture is not a video'],
  ])('refuses %s, which holds only sound', async (name, message) => {
    await expect(frame(at(name))).rejects.toThrow(message);
  });

  it('refuses a picture too large for FFmpeg itself', async () => {
    await expect(frame(at('absurd.png'))).rejects.toThrow(DataFailure);
  });

  it.each([
    'concat:good.mp4|good.mp4',
    'http://127.0.0.1/x.mp4',
    'pipe:0',
    '-version',
    'subfile,,start,0,end,9,,:good.mp4',
  ])('takes the path %s for the name of a file', async (name) => {
    await expect(frame(name)).rejects.toThrow(`${name}: there is no such file`);
  });

  it.each(['frame-%d.mp4', '-i.mp4', 'concat:a.mp4', 'with space & ümläut.mp4'])(
    'reads a file that is really called %s, and no other',
    async (name) => {
      await writeFile(at(name), await readFile(at('good.mp4')));
      const [read] = await reader.frames(at(name), { fps: 1, indices: [1], channels: 1 });
      if (read === undefined) throw new Error('no frame');
      expect(numberOf(read)).toBe(0);
    },
  );

  it('refuses a picture whose name is a pattern of numbered pictures', async () => {
    const pixels = { create: { width: 96, height: 64, channels: 3, background: '#fff' } } as const;
    for (const name of ['frame-1.png', 'frame-%d.png']) await sharp(pixels).toFile(at(name));
    await expect(frame(at('frame-%d.png'))).rejects.toThrow('is not a video that FFmpeg can open');
  });

  it.skipIf(process.getuid?.() === 0)(
    'says of a file or folder without permission that it is so',
    async () => {
      await chmod(at('unreadable.mp4'), 0);
      await chmod(at('closed'), 0);
      await expect(frame(at('unreadable.mp4'))).rejects.toThrow(
        /unreadable\.mp4: may not be read by this user/,
      );
      await expect(frame(at('closed/video.mp4'))).rejects.toThrow(
        /is in a folder that may not be read by this user/,
      );
    },
  );
});
