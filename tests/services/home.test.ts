import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UserError } from '../../domain/failures.js';
import { homeAt, homeFailure, homeFolder, temporalStateFile } from '../../infra/home/home.js';
import { newSettings, PORT_NAMES, readSettings, writeSettings } from '../../infra/home/settings.js';
import { choosePorts } from '../../infra/services/ports.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruminate-home-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the home folder', () => {
  it('is RUMINATE_HOME where that is set', () => {
    expect(homeFolder({ RUMINATE_HOME: '/somewhere' }, '/tmp')).toBe('/somewhere');
    expect(homeFolder({ RUMINATE_HOME: 'here' }, '/tmp')).toBe('/tmp/here');
  });

  it('is .ruminate beside the package.json of the checkout around the current folder', () => {
    writeFileSync(join(folder, 'package.json'), '{"name":"ruminate"}');
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    expect(homeFolder({}, join(folder, 'a', 'b'))).toBe(join(folder, '.ruminate'));
  });

  it('is ~/.ruminate elsewhere, other projects included', () => {
    writeFileSync(join(folder, 'package.json'), '{"name":"another"}');
    expect(homeFolder({}, folder)).toBe(join(homedir(), '.ruminate'));
  });

  it('is one installation under two names of one folder', () => {
    const real = homeAt(join(folder, 'real'));
    symlinkSync(real.root, join(folder, 'link'));
    expect(homeAt(join(folder, 'link')).root).toBe(real.root);
  });

  it('below a file is refused with what to do', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => homeAt(join(folder, 'file', 'home'))).toThrow(UserError);
    expect(() => homeAt(join(folder, 'file', 'home'))).toThrow(/lies below a file/);
  });

  it('on a disk that fills up is a mistake that the person can mend, and any other error stays itself', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(homeFailure(full, '/h')).toBeInstanceOf(UserError);
    expect(homeFailure(new TypeError('x'), '/h')).toBeInstanceOf(TypeError);
  });

  it('names the state file of Temporal by version', () => {
    expect(temporalStateFile(homeAt(folder), '1.8.2')).toMatch(/\/temporal\/1\.8\.2\.db$/);
  });
});

describe('the settings', () => {
  it('are readable by their owner only, also if somebody had opened them up', async () => {
    const home = homeAt(folder);
    writeSettings(home, newSettings(await choosePorts(home.root)));
    expect(statSync(home.settingsFile).mode & 0o777).toBe(0o600);
    chmodSync(home.settingsFile, 0o644);
    readSettings(home);
    expect(statSync(home.settingsFile).mode & 0o777).toBe(0o600);
  });

  it('come back as they were written', async () => {
    const home = homeAt(folder);
    expect(readSettings(home)).toBeNull();
    const settings = newSettings(await choosePorts(home.root));
    writeSettings(home, settings);
    expect(readSettings(home)).toEqual(settings);
  });

  it('give two installations different credentials, buckets and ports', async () => {
    const one = newSettings(await choosePorts('/one'));
    const two = newSettings(await choosePorts('/two'));
    expect(one.s3.accessKey).not.toBe(two.s3.accessKey);
    expect(one.s3.secretKey).not.toBe(two.s3.secretKey);
    expect(one.s3.bucket).not.toBe(two.s3.bucket);
    const ports = [one, two].flatMap(({ ports: chosen }) => PORT_NAMES.map((name) => chosen[name]));
    expect(new Set(ports).size).toBe(10);
  });

  it.each([
    ['{', /settings\.json/],
    ['{"installation":"abcdefgh1234"}', /"ports"/],
  ])('that cannot be understood (%s) are refused, with the file and what to do', (text, where) => {
    const home = homeAt(folder);
    writeFileSync(home.settingsFile, text);
    expect(() => readSettings(home)).toThrow(UserError);
    expect(() => readSettings(home)).toThrow(where);
  });
});
