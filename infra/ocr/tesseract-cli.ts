import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { OcrEngine, OcrRequest } from '../../activities/curation/ports.js';
import type { Picture } from '../../activities/ports.js';
import type { OcrWord } from '../../domain/data/records.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import { parametersOf } from './parameters.js';
import { prepare } from './prepare.js';
import { asError, Slots } from '../concurrency/slots.js';
import { wordsFromTsv } from './tsv.js';

/** One picture takes a second at most on a slow core; what takes this long hangs. */
const TIMEOUT_MS = 60_000;
/** As many as the reference machine has cores. */
const PROCESSES = 2;

/** The `tesseract` program: a process for each picture, fed by its standard input. */
export class TesseractCli implements OcrEngine {
  readonly version: string;
  readonly #binary: string;
  readonly #slots = new Slots(PROCESSES);

  private constructor(binary: string, version: string) {
    this.#binary = binary;
    this.version = version;
  }

  /** Null where the program does not run or has no English data. */
  static async find(binary = 'tesseract'): Promise<TesseractCli | null> {
    const version = await run(binary, ['--version']).catch(() => null);
    const number = /^tesseract v?(\S+)/m.exec(version ?? '')?.[1];
    const languages = await run(binary, ['--list-langs']).catch(() => null);
    if (number === undefined || languages === null || !/^eng$/m.test(languages)) return null;
    const folder = /in "([^"]+)"/.exec(languages)?.[1];
    const data =
      folder === undefined ? null : await readFile(path.join(folder, 'eng.traineddata')).catch(() => null);
    const hash =
      data === null ? 'unknown data' : `eng ${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
    return new TesseractCli(binary, `tesseract ${number} (${hash})`);
  }

  async read(picture: Picture, request: OcrRequest): Promise<readonly OcrWord[]> {
    return this.#slots.run(request.signal, async () => {
      const prepared = prepare(picture, request.scale, request.rimPx);
      const parameters = Object.entries(parametersOf(request)).flatMap(([key, value]) => [
        '-c',
        `${key}=${value}`,
      ]);
      const args = ['stdin', 'stdout', '-l', 'eng', ...parameters, 'tsv'];
      return wordsFromTsv(await run(this.#binary, args, prepared.pgm, request.signal), prepared);
    });
  }

  async close(): Promise<void> {
    // Each process ends with its picture.
  }
}

/** Standard output (and, for `--version` of old builds, standard error) of a process that must succeed. */
function run(binary: string, args: readonly string[], input?: Buffer, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {
      // Its threads only wait for each other: two processes do twice as much as two threads.
      env: { ...process.env, OMP_THREAD_LIMIT: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { signal }),
    });
    const output: Buffer[] = [];
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
    child.once('error', (error) => {
      reject(signal?.aborted === true ? asError(signal.reason) : error);
    });
    child.once('close', (code, killedBy) => {
      if (signal?.aborted === true) reject(asError(signal.reason));
      else if (code === 0)
        resolve(Buffer.concat(output).toString('utf8') + (output.length === 0 ? said : ''));
      else
        reject(
          new InfrastructureFailure(`tesseract ended (${killedBy ?? `code ${code}`}): ${lastLine(said)}`),
        );
    });
    // A process that ends before it has read everything says why by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
