import type { VideoReader } from '../../../activities/ports.js';
import { stream } from '../../../domain/seeds.js';
import { DEFAULT_PICTURES } from '../../../domain/tools/pictures.js';
import { PictureTools } from '../../tools/look.js';
import { summarize, type Summary } from '../samples.js';

/** A crop at native resolution of a frame that is decoded already: where it is found makes the difference. */
export interface CropTimes {
  readonly fromMemory: Summary;
  readonly fromDisk: Summary;
}

const CROPS = 40;

/** @param options.scratch an empty folder for the cache on disk; `frame` is 1-based at the tools' own rate */
export async function measureCrop(
  reader: VideoReader,
  { file, frame, scratch }: { readonly file: string; readonly frame: number; readonly scratch: string },
): Promise<CropTimes> {
  const times = async (tools: PictureTools): Promise<Summary> => {
    const random = stream('bench crop');
    const ms: number[] = [];
    // The first decodes.
    for (let i = 0; i <= CROPS; i++) {
      const [x, y] = [random.float() * 0.7, random.float() * 0.8];
      const bbox01 = [x, y, x + 0.3, y + 0.2] as const;
      const started = performance.now();
      const { observation } = await tools.runCall(
        file,
        { tool: 'crop', targetFrame: frame, bbox01 },
        DEFAULT_PICTURES,
      );
      if (i > 0) ms.push(performance.now() - started);
      if (observation.kind === 'refused') throw new Error(observation.reason);
    }
    return summarize(ms);
  };
  return {
    fromMemory: await times(new PictureTools(reader, { dir: scratch })),
    // Memory for no frame but the last: each is read again once another has been.
    fromDisk: await alternately(reader, file, frame, scratch),
  };
}

/** Crops of two frames in turns, with memory for less than one: each comes from the disk. */
async function alternately(reader: VideoReader, file: string, frame: number, dir: string): Promise<Summary> {
  const tools = new PictureTools(reader, { dir, maxBytes: 1 });
  const ms: number[] = [];
  for (let i = 0; i < 2 * CROPS; i++) {
    const call = { tool: 'crop', targetFrame: frame + (i % 2), bbox01: [0.2, 0.3, 0.5, 0.5] } as const;
    const started = performance.now();
    await tools.runCall(file, call, DEFAULT_PICTURES);
    if (i > 1) ms.push(performance.now() - started);
  }
  return summarize(ms);
}
