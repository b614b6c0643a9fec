import { rlRowOfQuestion } from '../../../domain/formats/pixel-reasoner-rl.js';
import { sftRowOfTrajectory } from '../../../domain/formats/pixel-reasoner-write.js';
import { placeVideo, PictureStore } from '../media.js';
import { LookRenderer } from '../render.js';
import { questionRows, trajectoryRows, type ExportContext } from './context.js';
import { inShards, jsonlFile } from './shards.js';

/** Most pictures of a video that a row lists. The ancestor's rows list 16; its trainers are bounded by context. */
const MOST_FRAMES = 64;

/** `sft.jsonl` with the pictures that looks show in `media/`; `rl.jsonl` with the videos by their own paths. */
export async function exportPixelReasoner(context: ExportContext): Promise<void> {
  const { out, root, shardRows, signal } = context;
  if (context.trajectories) {
    const store = new PictureStore(out.part);
    const renderer = new LookRenderer(await context.reader(), { most: MOST_FRAMES, all: true });
    const rows = trajectoryRows(context, async (record) =>
      sftRowOfTrajectory(record, await renderer.render(root.path(record.video), record, store, signal)),
    );
    await inShards(rows, shardRows, (shard, some) => jsonlFile(out.path(named('sft', shard)), some));
  }
  if (context.questions) {
    const rows = questionRows(context, async (record) => {
      await placeVideo(root.path(record.video), out.path(record.video));
      return rlRowOfQuestion(record);
    });
    await inShards(rows, shardRows, (shard, some) => jsonlFile(out.path(named('rl', shard)), some));
  }
}

export function named(base: string, shard: string | null): string {
  return shard === null ? `${base}.jsonl` : `${base}-${shard}.jsonl`;
}
