import type { OcrEngine, OcrEngines } from '../../activities/curation/ports.js';
import { UserError } from '../../domain/failures.js';
import { TesseractCli } from './tesseract-cli.js';

/**
 * The engines of one process, each started when it is first asked for. `auto` is the `tesseract` program where it is
 * installed, because it is faster, and tesseract.js elsewhere.
 */
export function ocrEngines(): { readonly engines: OcrEngines; close(): Promise<void> } {
  const started = new Map<string, Promise<OcrEngine>>();
  const engines: OcrEngines = (name) => {
    const known = started.get(name) ?? find(name);
    started.set(name, known);
    known.catch(() => started.delete(name));
    return known;
  };
  const find = async (name: Parameters<OcrEngines>[0]): Promise<OcrEngine> => {
    if (name === 'tesseract-js') {
      const { TesseractJs } = await import('./tesseract-js.js');
      return new TesseractJs();
    }
    const cli = await TesseractCli.find();
    if (cli !== null) return cli;
    if (name === 'auto') return engines('tesseract-js');
    throw new UserError(
      'ocr.engine: tesseract is not installed, or has no English data',
      'Install it (Debian: apt-get install tesseract-ocr), or say engine: tesseract-js, which needs nothing.',
    );
  };
  return {
    engines,
    async close() {
      for (const engine of started.values()) await engine.then((one) => one.close()).catch(() => undefined);
      started.clear();
    },
  };
}
