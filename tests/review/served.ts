import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import { compiled } from '../../infra/services/workers.js';

/** The real command, compiled, serving a folder. */
export interface Served {
  readonly url: string;
  readonly port: number;
  /** Ctrl-C; gives the exit code and what was said. */
  end(): Promise<{ readonly code: number | null; readonly said: string }>;
}

export async function serve(dir: string, ...more: readonly string[]): Promise<Served> {
  const child: ChildProcess = spawn(
    process.execPath,
    [compiled('cli/main.js'), 'data', 'review', dir, '--json', ...more],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [out, said] = ['', ''];
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = once(child, 'close');
  const { url, port } = await new Promise<{ url: string; port: number }>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.endsWith('}\n')) resolve(JSON.parse(out) as { url: string; port: number });
    });
    void closed.then(([code]) => reject(new Error(`exit code ${code}\n${said}`)));
  });
  return {
    url,
    port,
    end: async () => {
      child.kill('SIGINT');
      const [code] = (await closed) as [number | null];
      return { code, said };
    },
  };
}

/** A request with whatever headers: `fetch` would not lie about its host. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
