import { UserError } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import { readSettings, type Settings } from '../home/settings.js';
import { LOOPBACK } from './ports.js';

/** What a client or worker needs to reach the services of a home. Holds a secret: never log it whole. */
export interface ConnectionInfo {
  /** `host:port` of the gRPC front end. */
  readonly temporalAddress: string;
  /** The Temporal UI, without a trailing slash. */
  readonly uiUrl: string;
  readonly s3: {
    /** Host, without port or scheme. */
    readonly endpoint: string;
    readonly port: number;
    readonly accessKey: string;
    readonly secretKey: string;
    readonly bucket: string;
  };
}

export function connectionInfo(home: Home): ConnectionInfo {
  const settings = readSettings(home);
  if (settings !== null) return connectionOf(settings);
  throw new UserError(
    `no services were ever started in ${home.root} (expected ${home.settingsFile})`,
    'Type: ruminate up. Where the services of another folder are meant, set RUMINATE_HOME to it.',
  );
}

export function connectionOf({ ports, s3 }: Settings): ConnectionInfo {
  return {
    temporalAddress: `${LOOPBACK}:${ports.temporal}`,
    uiUrl: `http://${LOOPBACK}:${ports.temporalUi}`,
    s3: { endpoint: LOOPBACK, port: ports.minio, ...s3 },
  };
}
