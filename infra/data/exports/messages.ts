import { chatRowOf } from '../../../domain/formats/messages.js';
import { PictureStore } from '../media.js';
import { LookRenderer } from '../render.js';
import { trajectoryRows, type ExportContext } from './context.js';
import { named } from './pixel-reasoner.js';
import { inShards, jsonlFile } from './shards.js';

/** Frames that a chat begins with. */
export const OVERVIEW_FRAMES = 16;

/** `messages.jsonl`, `media/`, and `dataset_info.json`, by which LLaMA-Factory finds its columns. */
export async function exportMessages(context: ExportContext): Promise<void> {
  const { out, root, shardRows, signal } = context;
  const store = new PictureStore(out.part);
  const renderer = new LookRenderer(await context.reader(), { most: OVERVIEW_FRAMES, all: false });
  const rows = trajectoryRows(context, async (record) =>
    chatRowOf(record, await renderer.render(root.path(record.video), record, store, signal)),
  );
  const files: string[] = [];
  await inShards(rows, shardRows, (shard, some) => {
    files.push(named('messages', shard));
    return jsonlFile(out.path(named('messages', shard)), some);
  });
  const tags = {
    role_tag: 'role',
    content_tag: 'content',
    user_tag: 'user',
    assistant_tag: 'assistant',
    system_tag: 'system',
  };
  const info = Object.fromEntries(
    files.map((file) => [
      `ruminate_${file.replace('.jsonl', '').replaceAll('-', '_')}`,
      { file_name: file, formatting: 'sharegpt', columns: { messages: 'messages', images: 'images' }, tags },
    ]),
  );
  await out.write('dataset_info.json', `${JSON.stringify(info, null, 2)}\n`);
}
