import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { UserError } from '../../domain/failures.js';
import { isNodeError } from './files.js';

/**
 * Where one installation keeps all its state, in one folder. Two homes share nothing: other ports, other
 * credentials, another bucket, other files.
 */
export interface Home {
  /** Absolute path, links resolved. */
  readonly root: string;
  /** Ports, credentials, bucket: mode 0600. */
  readonly settingsFile: string;
  readonly temporalFolder: string;
  readonly minioFolder: string;
  readonly logsFolder: string;
  /** Process ids, locks, the plan of the running services. */
  readonly runFolder: string;
  /** Caches and rendered worlds: what can be made again. */
  readonly dataFolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `RUMINATE_HOME`; else `.ruminate` beside the package.json of the checkout that the current folder is in;
 * else `~/.ruminate`. Makes the folder where it is missing.
 */
export function openHome(env: Environment = process.env, currentFolder: string = process.cwd()): Home {
  return homeAt(homeFolder(env, currentFolder));
}

export function homeFolder(env: Environment, currentFolder: string): string {
  const chosen = env['RUMINATE_HOME'];
  if (chosen !== undefined && chosen !== '') return resolve(currentFolder, chosen);
  const checkout = checkoutAround(currentFolder);
  return join(checkout ?? homedir(), '.ruminate');
}

/** The home in a given folder. The path is resolved, so that one folder under two names is one installation. */
export function homeAt(folder: string): Home {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const home = layout(realpathSync(folder));
    const { temporalFolder, minioFolder, logsFolder, runFolder, dataFolder } = home;
    for (const part of [temporalFolder, minioFolder, logsFolder, runFolder, dataFolder]) {
      mkdirSync(part, { recursive: true, mode: 0o700 });
    }
    return home;
  } catch (error) {
    throw homeFailure(error, folder);
  }
}

/** What a home folder that cannot be written means to a person; any other error comes back as it is. */
export function homeFailure(error: unknown, folder: string): unknown {
  if (!isNodeError(error)) return error;
  const elsewhere = 'set RUMINATE_HOME to another folder';
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(
        `the disk below ${folder} is full`,
        `Free some space, or ${elsewhere}; then start again. Nothing is lost.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(
        `${folder} cannot be written (${error.code})`,
        `Make it writable, or ${elsewhere}.`,
        {
          cause: error,
        },
      );
    case 'EEXIST':
    case 'ENOTDIR':
      return new UserError(
        `${folder} is not a folder, or lies below a file`,
        `Move that file, or ${elsewhere}.`,
        {
          cause: error,
        },
      );
    default:
      return error;
  }
}

function layout(root: string): Home {
  return {
    root,
    settingsFile: join(root, 'settings.json'),
    temporalFolder: join(root, 'temporal'),
    minioFolder: join(root, 'minio'),
    logsFolder: join(root, 'logs'),
    runFolder: join(root, 'run'),
    dataFolder: join(root, 'data'),
  };
}

export function logFile(home: Home, role: string): string {
  return join(home.logsFolder, `${role}.log`);
}

/** Temporal never migrates its state file: one for each version of the server. */
export function temporalStateFile(home: Home, version: string): string {
  return join(home.temporalFolder, `${version.replace(/[^A-Za-z0-9._-]/g, '_')}.db`);
}

function checkoutAround(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = join(at, 'package.json');
    if (existsSync(file) && isOurs(file)) return at;
    if (dirname(at) === at) return null;
  }
}

function isOurs(packageFile: string): boolean {
  try {
    const parsed: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
    return typeof parsed === 'object' && parsed !== null && 'name' in parsed && parsed.name === 'ruminate';
  } catch {
    // Somebody else's unreadable package.json on the way up says nothing about us.
    return false;
  }
}
