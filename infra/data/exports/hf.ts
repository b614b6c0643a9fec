import path from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { hfQuestionOf, hfTrajectoryOf } from '../../../domain/formats/hf.js';
import { placeVideo, PictureStore } from '../media.js';
import { LookRenderer } from '../render.js';
import { questionRows, trajectoryRows, type ExportContext } from './context.js';
import { OVERVIEW_FRAMES } from './messages.js';
import { inShards, jsonlFile, listColumn, parquetFile, shardOf, textColumn } from './shards.js';

const QUESTIONS: readonly SchemaElement[] = [
  ...['file_name', 'id', 'question'].map(textColumn),
  ...listColumn('answers', [textColumn('element')]),
  ...['options', 'split', 'task', 'record'].map(textColumn),
];

const TRAJECTORIES: readonly SchemaElement[] = [
  ...listColumn('file_names', [textColumn('element')]),
  textColumn('id'),
  ...listColumn('messages', [
    { name: 'element', num_children: 2, repetition_type: 'REQUIRED' },
    textColumn('role'),
    textColumn('content'),
  ]),
  textColumn('record'),
];

/** `questions/` for videofolder and `trajectories/` for imagefolder; each shard is a folder with its own media. */
export async function exportHf(context: ExportContext): Promise<void> {
  const { out, root, shardRows, signal } = context;
  if (context.questions) {
    const rows = questionRows(context, async (record, kept) => {
      const dir = dirOf('questions', shardOf(kept, shardRows));
      await placeVideo(root.path(record.video), out.path(dir, record.video));
      return { ...hfQuestionOf(record) };
    });
    await write(context, 'questions', QUESTIONS, rows);
  }
  if (context.trajectories) {
    const renderer = new LookRenderer(await context.reader(), { most: OVERVIEW_FRAMES, all: false });
    let store: { readonly dir: string; readonly pictures: PictureStore } | null = null;
    const rows = trajectoryRows(context, async (record, kept) => {
      const dir = dirOf('trajectories', shardOf(kept, shardRows));
      if (store?.dir !== dir) store = { dir, pictures: new PictureStore(out.path(dir)) };
      return {
        ...hfTrajectoryOf(
          record,
          await renderer.render(root.path(record.video), record, store.pictures, signal),
        ),
      };
    });
    await write(context, 'trajectories', TRAJECTORIES, rows);
  }
  await out.write('README.md', README);
}

function write(
  { out, shardRows, parquet }: ExportContext,
  name: string,
  schema: readonly SchemaElement[],
  rows: AsyncIterable<Readonly<Record<string, unknown>>>,
): Promise<void> {
  return inShards(rows, shardRows, (shard, some) => {
    const dir = out.path(dirOf(name, shard));
    return parquet
      ? parquetFile(path.join(dir, 'metadata.parquet'), schema, some)
      : jsonlFile(path.join(dir, 'metadata.jsonl'), some);
  });
}

function dirOf(name: string, shard: string | null): string {
  return shard === null ? name : `${name}/${shard}`;
}

const README = `# Data for Hugging Face datasets

Written by Ruminate.

    from datasets import load_dataset
    questions = load_dataset("videofolder", data_dir="questions", split="train")
    trajectories = load_dataset("imagefolder", data_dir="trajectories", split="train")

The column \`record\` holds the whole record as JSON. \`messages\` has one \`<image>\` for each of \`images\`, in order.
Which split of its data set a question belongs to stands in the column \`split\`; folders know only one.
`;
