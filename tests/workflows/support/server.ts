import { spawn } from 'node:child_process';
import { Connection } from '@temporalio/client';
import getPort from 'get-port';
import { SEARCH_ATTRIBUTES } from '../../../infra/services/temporal.js';
import { resolveBinary } from '../../../infra/setup/binaries.js';

export interface TestServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** A real Temporal dev server in memory, on free ports, with the attributes and poll rates of the product. */
export async function startServer(): Promise<TestServer> {
  const { path } = await resolveBinary('temporal', { build: false });
  const [port, metricsPort] = [await getPort(), await getPort()];
  const child = spawn(
    path,
    [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      ...['--metrics-port', String(metricsPort), '--log-level', 'error'],
      ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
      ...['--dynamic-config-value', 'history.timerProcessorMaxPollRPS=2000'],
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = `127.0.0.1:${port}`;
  await answering(address);
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answering(address: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1s' });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return await connection.close();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
