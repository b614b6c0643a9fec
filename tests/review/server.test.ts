import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReviewItem } from '../../infra/review/records.js';
import { nativePicture } from '../../infra/tools/native.js';
import { resolveVideo } from '../../infra/video/resolve.js';
import { STACK_TRACE } from '../support/command-line.js';
import { answer, crop, priceBox, sampleFolder, TAKEN, trajectory } from './sample.js';
import { ask, serve, type Served } from './served.js';

describe('the review server', () => {
  let dir: string;
  let served: Served;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ruminate-review-'));
    await sampleFolder(dir, {
      trajectories: [
        ...TAKEN,
        trajectory('outside', 'Outside?', [crop(1), answer('x')], ['x'], '../../etc/passwd'),
      ],
    });
    served = await serve(dir, '--by', 'ada');
  });
  afterAll(async () => {
    await served.end();
    await rm(dir, { recursive: true, force: true });
  });

  function post(path: string, value: unknown, headers: Record<string, string> = {}): ReturnType<typeof ask> {
    return ask(`${served.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof value === 'string' ? value : JSON.stringify(value),
    });
  }
  const decided = (): Promise<string> => readFile(join(dir, 'decisions.jsonl'), 'utf8').catch(() => '');

  it.each([
    ['a name that was rebound to this machine', { host: 'evil.example:80' }],
    ['another port of this machine', { host: '127.0.0.1:1' }],
    ['a foreign page', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['a link on a foreign page', { 'sec-fetch-site': 'cross-site' }],
  ])('refuses %s, to read and to write', async (_who, headers) => {
    const before = await decided();
    expect((await ask(served.url, { headers })).status).toBe(403);
    expect((await post('decide', { id: 'one', decision: 'accepted' }, headers)).status).toBe(403);
    expect(await decided()).toBe(before);
  });

  it('is found by nobody without its token', async () => {
    const base = `http://127.0.0.1:${served.port}`;
    for (const path of ['/', '/items', '/favicon.ico', `${new URL(served.url).pathname.slice(0, -2)}/items`])
      expect((await ask(base + path)).status, path).toBe(404);
  });

  it('gives a page that may run its own script only, in no frame, and that says nobody where it was', async () => {
    const { headers } = await ask(served.url);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+';/,
    );
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('gives the pixels that the tool gives', async () => {
    const box = priceBox(3);
    const { body, headers } = await ask(`${served.url}crop/0/3?box=${box.join(',')}`);
    expect(headers['content-type']).toBe('image/png');
    const { reader } = await resolveVideo();
    const call = { tool: 'crop', targetFrame: 3, bbox01: box } as const;
    const native = await nativePicture(reader, join(dir, 'videos/board.mp4'), call, { fps: 1 });
    if (native.kind === 'refused') throw new Error(native.reason);
    const raw = (png: Uint8Array): Promise<Buffer> => sharp(png).raw().toBuffer();
    expect((await raw(body)).equals(await raw(native.pictures[0]!.png))).toBe(true);
  });

  it.each([
    ['crop/0/99?box=0,0,1,1', 422, 'no frame 99'],
    ['crop/0/3?box=0.5,0,0.2,1', 422, 'not left of'],
    ['crop/0/3?box=1,2,x', 400, 'fractions'],
    ['frame/0/0', 422, 'frame 0'],
    ['frame/x/1', 404, 'nothing'],
    ['frame/999/1', 404, 'nothing'],
    ['videos/board.mp4', 404, 'nothing'],
    ['..%2f..%2fetc%2fpasswd', 404, 'nothing'],
  ])('answers %s with %i and a sentence', async (path, status, words) => {
    const reply = await ask(served.url + path);
    expect(reply.status).toBe(status);
    expect(reply.body.toString()).toContain(words);
    expect(reply.body.toString()).not.toMatch(STACK_TRACE);
  });

  it('never takes a trajectory whose video is outside the folder of videos', async () => {
    const items = JSON.parse((await ask(`${served.url}items`)).body.toString()) as ReviewItem[];
    expect(items.length).toBeGreaterThan(0);
    expect(items.map(({ record }) => record.id)).not.toContain('outside');
  });

  it.each([
    ['of an unknown trajectory', { id: 'nobody', decision: 'accepted' }, 422],
    ['of an unknown kind', { id: 'one', decision: 'perhaps' }, 422],
    ['with more than was asked for', { id: 'one', decision: 'accepted', by: 'somebody else' }, 422],
    ['to mend without what is mended', { id: 'one', decision: 'mended' }, 422],
    ['to mend into another question', mended({ question: 'Another?' }), 422],
    ['to mend into a frame that is not there', mended({ turns: [crop(7), answer('x')] }), 422],
    ['to mend into a box without an area', mended({ turns: [crop(1, [0.5, 0, 0.5, 1]), answer('x')] }), 422],
    ['to mend into looks without an answer', mended({ turns: [crop(1)] }), 422],
    ['to mend into an empty answer', mended({ turns: [crop(1), answer(' ')] }), 422],
    ['that is too long', `"${'x'.repeat(300_000)}"`, 413],
    ['that is no JSON', '{', 400],
  ])('refuses a decision %s, and writes nothing', async (_what, body, status) => {
    const before = await decided();
    const reply = await post('decide', body);
    expect(reply.status).toBe(status);
    expect(reply.body.toString()).not.toMatch(STACK_TRACE);
    expect(await decided()).toBe(before);
  });

  it('refuses a form that any page could send', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect((await post('decide', { id: 'one', decision: 'accepted' }, headers)).status).toBe(415);
  });

  it('ends at Ctrl-C with 130 and the sum, and holds its port no longer', async () => {
    const own = await mkdtemp(join(tmpdir(), 'ruminate-review-'));
    await sampleFolder(own);
    await writeFile(
      join(own, 'decisions.jsonl'),
      '{"id":"one","decision":"accepted","by":"a","at":"2026"}\n',
    );
    const other = await serve(own);
    const { code, said } = await other.end();
    expect(code).toBe(130);
    expect(said).toContain('1 of 5 decided: 1 accepted, 0 rejected, 0 mended.');
    await expect(ask(other.url)).rejects.toThrow('ECONNREFUSED');
    await rm(own, { recursive: true, force: true });
  });

  it('names what holds a port that is taken', async () => {
    await expect(serve(dir, '--port', String(served.port))).rejects.toThrow(
      /exit code 2[^]*port \d+ cannot be used/,
    );
  });
});

function mended(change: object): object {
  return { id: 'one', decision: 'mended', trajectory: { ...TAKEN[0], ...change } };
}
