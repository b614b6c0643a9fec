import { createRequire } from 'node:module';
import path from 'node:path';
import type { Worker } from 'tesseract.js';
import type { OcrEngine, OcrRequest } from '../../activities/curation/ports.js';
import type { Picture } from '../../activities/ports.js';
import type { OcrWord } from '../../domain/data/records.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import { parametersOf } from './parameters.js';
import { prepare } from './prepare.js';
import { asError, Slots } from '../concurrency/slots.js';
import { wordsFromTsv } from './tsv.js';

/** Threads that read; each holds about 100 MB. */
const THREADS = 2;

const require = createRequire(import.meta.url);

/**
 * Tesseract compiled to WebAssembly, with the English data of an npm package: nothing to install, nothing is
 * downloaded. Each worker is a thread of its own, so the event loop stays alive; one that is aborted in the
 * middle of a picture is ended, and another takes its place when needed.
 */
export class TesseractJs implements OcrEngine {
  readonly version: string;
  readonly #slots = new Slots(THREADS);
  readonly #idle: Promise<Worker>[] = [];
  readonly #all = new Set<Promise<Worker>>();

  constructor() {
    const of = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
    this.version = `tesseract.js ${of('tesseract.js')} (core ${of('tesseract.js-core')}, eng ${of('@tesseract.js-data/eng')} best_int)`;
  }

  async read(picture: Picture, request: OcrRequest): Promise<readonly OcrWord[]> {
    return this.#slots.run(request.signal, async () => {
      const prepared = prepare(picture, request.scale, request.rimPx);
      const worker = this.#idle.pop() ?? this.#start();
      try {
        const isEnded = (): boolean => request.signal?.aborted === true || !this.#all.has(worker);
        const reading = recognise(await worker, prepared.pgm, request, isEnded);
        const tsv = await aborting(request.signal, reading);
        this.#idle.push(worker);
        return wordsFromTsv(tsv, prepared);
      } catch (error) {
        await this.#end(worker);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => this.#end(worker)));
    this.#idle.length = 0;
  }

  #start(): Promise<Worker> {
    const worker = startWorker();
    this.#all.add(worker);
    return worker;
  }

  async #end(worker: Promise<Worker>): Promise<void> {
    this.#all.delete(worker);
    await worker.then((started) => started.terminate()).catch(() => undefined);
  }
}

async function recognise(
  worker: Worker,
  pgm: Buffer,
  request: OcrRequest,
  isEnded: () => boolean,
): Promise<string> {
  try {
    // Its remarks on pictures would go to our standard error.
    await worker.setParameters({ ...parametersOf(request), debug_file: '/dev/null' });
    // A job for an ended worker rejects where nobody can catch it, and that would end the process.
    if (isEnded()) throw new Error('the reading was ended');
    const { data } = await worker.recognize(pgm, {}, { text: false, tsv: true });
    return data.tsv ?? '';
  } catch (cause) {
    throw new InfrastructureFailure(`tesseract.js: ${String(cause)}`, { cause });
  }
}

async function startWorker(): Promise<Worker> {
  const { createWorker, OEM } = await import('tesseract.js');
  const folder = path.dirname(require.resolve('@tesseract.js-data/eng/package.json'));
  return createWorker('eng', OEM.LSTM_ONLY, {
    langPath: path.join(folder, '4.0.0_best_int'),
    gzip: true,
    cacheMethod: 'none',
    // What a job fails of reaches whoever waits for it; without a handler it would end the process as well.
    errorHandler: () => undefined,
  });
}

/** The result, or the signal's reason as soon as it aborts. */
function aborting<T>(signal: AbortSignal | undefined, result: Promise<T>): Promise<T> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(asError(signal.reason));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void result.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
