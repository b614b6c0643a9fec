import { Client } from 'minio';

import type { Settings } from '../home/settings.js';
import { LOOPBACK } from './ports.js';

/** Makes the bucket of this installation where it is missing. */
export async function prepareMinio({ ports, s3 }: Settings): Promise<void> {
  const client = new Client({
    endPoint: LOOPBACK,
    port: ports.minio,
    useSSL: false,
    accessKey: s3.accessKey,
    secretKey: s3.secretKey,
    region: 'us-east-1',
  });
  if (!(await client.bucketExists(s3.bucket))) await client.makeBucket(s3.bucket, 'us-east-1');
}
