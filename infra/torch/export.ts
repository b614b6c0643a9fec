import { z } from 'zod';
import type { ModelDevice, ModelParts, RequestOptions, StateFile } from '../../activities/torch/model.js';
import { startProcess, type ProcessOptions } from './process.js';

export interface ExportRequest extends Pick<ModelParts, 'model' | 'adapter' | 'dtype'> {
  /** Where the run drew its weights, of a `random` model: numbers of one kind of device are not those of another. */
  readonly device: ModelDevice['device'];
  /** The checkpoint's weights. */
  readonly weights: StateFile;
  /** Where to write. */
  readonly folder: string;
  /** Where that folder will be: an adapter names the model beside it by its path. */
  readonly place: string;
}

const Exported = z.object({
  /** Names of the files with the weights. */
  weights: z.array(z.string()),
  /** SHA-256 of the configuration and the weights' bytes (or their seed) of the model that the run began with. */
  base: z.string(),
  /** The folder that an adapter is for; null of a whole model. */
  baseModel: z.string().nullable(),
  family: z.string(),
});
export type Exported = z.infer<typeof Exported>;

/** Writes a checkpoint as a folder that PEFT or transformers loads, in a Python process of its own. */
export async function exportCheckpoint(
  request: ExportRequest,
  process: ProcessOptions,
  options: Pick<RequestOptions, 'signal' | 'onProgress'>,
): Promise<Exported> {
  const python = await startProcess(process);
  try {
    return Exported.parse((await python.connection.request('export', request, options)).result);
  } finally {
    await python.close();
  }
}
