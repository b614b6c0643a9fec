import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { homeAt } from '../../infra/home/home.js';
import { newSettings } from '../../infra/home/settings.js';
import { connectionOf } from '../../infra/services/connection.js';
import { minioService } from '../../infra/services/minio.js';
import { choosePorts } from '../../infra/services/ports.js';
import { prepareMinio } from '../../infra/services/prepare-minio.js';
import { Supervisor } from '../../infra/services/supervisor.js';
import { resolveBinary } from '../../infra/setup/binaries.js';
import type { S3Options } from '../../infra/store/s3.js';
import { eventually } from './processes.js';

export interface TestMinio {
  readonly s3: S3Options;
  /** Process id of the server as it is now. */
  pid(): number | null;
  stop(): Promise<void>;
}

/** A real MinIO in a temporary folder, on ports of its own. */
export async function startMinio(): Promise<TestMinio> {
  const folder = mkdtempSync(join(tmpdir(), 'ruminate-minio-'));
  const home = homeAt(folder);
  const settings = newSettings(await choosePorts(home.root));
  const { path } = await resolveBinary('minio');
  const supervisor = new Supervisor([minioService(home, settings, path)], {
    home: home.root,
    prepare: () => prepareMinio(settings),
  });
  supervisor.start();
  await eventually('MinIO is ready', () => supervisor.records[0]?.state === 'running', 30_000);
  return {
    s3: connectionOf(settings).s3,
    pid: () => supervisor.records[0]?.pid ?? null,
    async stop() {
      await supervisor.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
