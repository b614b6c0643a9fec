import { randomBytes } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { z } from 'zod';

import { UserError } from '../../domain/failures.js';
import type { Home } from './home.js';
import { readTextIfThere, writeJsonFile } from './files.js';

/** What one installation remembers: chosen once, at its first start. */
export interface Settings {
  /** Random; part of the bucket's name, so that two installations never share one. */
  readonly installation: string;
  readonly ports: ServicePorts;
  readonly s3: S3Settings;
}

/** TCP ports on 127.0.0.1. */
export interface ServicePorts {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly temporalMetrics: number;
  readonly minio: number;
  readonly minioConsole: number;
}

export interface S3Settings {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
}

export const PORT_NAMES = ['temporal', 'temporalUi', 'temporalMetrics', 'minio', 'minioConsole'] as const;

const port = z.int().min(1).max(65_535);
const schema = z.strictObject({
  installation: z.string().regex(/^[a-z0-9]{8,}$/),
  ports: z.strictObject({
    temporal: port,
    temporalUi: port,
    temporalMetrics: port,
    minio: port,
    minioConsole: port,
  }),
  s3: z.strictObject({
    accessKey: z.string().min(3),
    secretKey: z.string().min(8),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/),
  }),
});

/** The settings of a home, or null before its first start. A file that cannot be understood is an error that names it. */
export function readSettings(home: Home): Settings | null {
  const text = readTextIfThere(home.settingsFile);
  if (text === null) return null;
  keepPrivate(home.settingsFile);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the file' : `"${issue.path.join('.')}"`;
  throw new UserError(
    `${home.settingsFile} is not the settings file that Ruminate wrote: ${where}: ${issue?.message ?? 'not valid'}`,
    'Put back the version you had, or move the file away; a new one is then made, with a new and empty bucket.',
  );
}

export function writeSettings(home: Home, settings: Settings): void {
  writeJsonFile(home.settingsFile, settings);
}

/** Fresh credentials and a bucket name of its own. */
export function newSettings(ports: ServicePorts): Settings {
  const installation = randomBytes(6).toString('hex');
  return {
    installation,
    ports,
    s3: {
      accessKey: `ruminate-${installation}`,
      secretKey: randomBytes(24).toString('base64url'),
      bucket: `ruminate-${installation}`,
    },
  };
}

function keepPrivate(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
