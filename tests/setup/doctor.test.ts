import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cachedPath } from '../../infra/setup/binaries.js';
import { describeCpu } from '../../infra/setup/cpu.js';
import { doctor } from '../../infra/setup/doctor.js';
import { fingerprintParts } from '../../infra/setup/fingerprint.js';
import { program, scratch, SYSTEM_PATH } from './support.js';

describe('doctor', () => {
  test('has a line for everything that Ruminate stands on, each with what was found', async () => {
    const lines = await doctor();
    expect(lines.map((line) => line.what)).toEqual([
      'node',
      'go',
      'temporal',
      'minio',
      'ffmpeg',
      'fonts',
      'onnxruntime-node',
      'cuda',
      'torch',
      'vllm',
      'sharp',
      'cpu',
      'RUMINATE_HOME',
      'disk',
    ]);
    for (const line of lines) expect(line.found, line.what).not.toBe('');
    for (const what of ['node', 'fonts', 'onnxruntime-node', 'sharp']) {
      expect(lines.find((line) => line.what === what)).toMatchObject({
        ok: true,
        version: expect.stringMatching(/\d/) as string,
      });
    }
  });

  test('on a bare machine says of each missing thing what to type, and throws nothing', async () => {
    const folder = await scratch();
    const env = { RUMINATE_CACHE: folder, PATH: SYSTEM_PATH, RUMINATE_HOME: join(folder, 'home') };
    const lines = new Map((await doctor({ env })).map((line) => [line.what, line]));
    for (const what of ['go', 'temporal', 'minio']) expect(lines.get(what)).toMatchObject({ ok: false });
    expect(lines.get('go')?.todo).toContain('https://go.dev/dl');
    expect(lines.get('temporal')?.todo).toContain('Three ways out');
    expect(lines.get('RUMINATE_HOME')).toMatchObject({ ok: true, found: join(folder, 'home') });
  });

  test('does not ask for Go where both servers are here', async () => {
    const folder = await scratch();
    const env = { RUMINATE_CACHE: folder, PATH: SYSTEM_PATH };
    await program(cachedPath('temporal', env), '');
    await program(cachedPath('minio', env), '');
    const go = (await doctor({ env })).find((line) => line.what === 'go');
    expect(go).toMatchObject({ ok: true, found: expect.stringContaining('not needed') as string });
  });

  test('names an ffmpeg that does not run by the variable that chose it', async () => {
    const broken = await program(join(await scratch(), 'ffmpeg'), 'exit 3');
    const line = (await doctor({ env: { ...process.env, FFMPEG_BIN: broken } })).find(
      ({ what }) => what === 'ffmpeg',
    );
    expect(line).toMatchObject({ ok: false, found: expect.stringContaining(broken) as string });
    expect(line?.todo).toContain('FFMPEG_BIN');
  });

  test('says when the home cannot be a folder there', async () => {
    const file = await program(join(await scratch(), 'file'), '');
    const env = { ...process.env, RUMINATE_HOME: join(file, 'home') };
    const line = (await doctor({ env })).find(({ what }) => what === 'RUMINATE_HOME');
    expect(line).toMatchObject({ ok: false, found: expect.stringContaining('is not a folder') as string });
    expect(line?.todo).toContain('RUMINATE_HOME');
  });
});

describe('the fingerprint', () => {
  test('names all that shapes bytes, and is the same when asked again', async () => {
    const parts = await fingerprintParts();
    expect(Object.keys(parts).sort()).toEqual(['canvas', 'cpu', 'ffmpeg', 'node', 'onnxruntime', 'sharp']);
    for (const value of Object.values(parts)) expect(value).toMatch(/\d/);
    expect(await fingerprintParts()).toEqual(parts);
  });

  test('tells kinds of CPU apart by family, model, stepping and SIMD level, not by clock or count', () => {
    const cpu = (more: string): string =>
      describeCpu(
        `processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Xeon\nstepping\t: 8\n${more}\n\nprocessor\t: 1\n`,
        'x64',
        'Xeon',
      );
    const one = cpu('cpu MHz\t\t: 2100.0\nflags\t\t: fpu sse2 avx avx2 fma');
    expect(one).toBe('x64 GenuineIntel family 6 model 143 stepping 8 simd avx+avx2+fma');
    expect(cpu('cpu MHz\t\t: 3500.0\nflags\t\t: fpu avx2 avx fma sse2')).toBe(one);
    expect(cpu('flags\t\t: fpu sse2 avx avx2 fma avx512f')).toBe(`${one}+avx512f`);
  });

  test('falls back to the name of the model where there is no /proc/cpuinfo', () => {
    expect(describeCpu('', 'arm64', 'Apple M4')).toBe('arm64 Apple M4');
  });
});
