import { join } from 'node:path';

import type { Home } from '../home/home.js';
import { logFile } from '../home/home.js';
import type { Settings } from '../home/settings.js';
import { LOOPBACK } from './ports.js';
import type { ServiceSpec } from './spec.js';

/** MinIO over one folder, with the installation's own credentials; nothing of it outside the home. */
export function minioService(home: Home, settings: Settings, binaryPath: string): ServiceSpec {
  const { ports, s3 } = settings;
  return {
    role: 'minio',
    command: binaryPath,
    args: [
      'server',
      ...['--address', `${LOOPBACK}:${ports.minio}`],
      ...['--console-address', `${LOOPBACK}:${ports.minioConsole}`],
      ...['--certs-dir', join(home.minioFolder, 'certs')],
      join(home.minioFolder, 'data'),
    ],
    env: {
      MINIO_ROOT_USER: s3.accessKey,
      MINIO_ROOT_PASSWORD: s3.secretKey,
      // No look for a newer release: nothing here talks to the network.
      MINIO_UPDATE: 'off',
    },
    logFile: logFile(home, 'minio'),
    after: [],
    ready: { type: 'http', url: `http://${LOOPBACK}:${ports.minio}/minio/health/ready` },
    ipc: false,
  };
}
