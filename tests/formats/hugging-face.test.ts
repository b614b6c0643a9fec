import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportData } from '../../infra/data/export.js';
import { Folders } from './folders.js';
import { Generated } from './generated.js';

/** Looked for and not loaded: loading takes seconds. */
const MODULES = ['datasets', 'PIL'];
const PROBE = `import importlib.util as u; print(*(m for m in ${JSON.stringify(MODULES)} if not u.find_spec(m)))`;

function pythonWithDatasets(): { readonly path: string } | { readonly missing: string } {
  const path = process.env['RUMINATE_PYTHON'];
  if (path === undefined) return { missing: 'RUMINATE_PYTHON is not set' };
  const { status, stdout } = spawnSync(path, ['-c', PROBE], { encoding: 'utf8' });
  if (status !== 0) return { missing: `RUMINATE_PYTHON (${path}) cannot be run` };
  return stdout.trim() === '' ? { path } : { missing: `RUMINATE_PYTHON has no ${stdout.trim()}` };
}

const LOAD = `
import json, sys
from datasets import load_dataset, Video
place = sys.argv[1]
questions = load_dataset("videofolder", data_dir=place + "/questions", split="train").cast_column("video", Video(decode=False))
trajectories = load_dataset("imagefolder", data_dir=place + "/trajectories", split="train")
print(json.dumps({
  "questions": sorted(((json.loads(q["record"]), q["answers"], q["video"]["path"]) for q in questions), key=lambda q: q[0]["id"]),
  "trajectories": sorted(((json.loads(t["record"]), [list(i.size) for i in t["images"]],
    sum(m["content"].count("<image>") for m in t["messages"])) for t in trajectories), key=lambda t: t[0]["id"]),
}))
`;

const python = pythonWithDatasets();
const skip = 'missing' in python;
const why = 'missing' in python ? ` (skipped: ${python.missing})` : '';

describe('Hugging Face datasets', () => {
  let folders: Folders;
  beforeAll(async () => {
    folders = await Folders.make();
  });
  afterAll(() => folders.remove());

  it.skipIf(skip)(
    `loads what was exported, as JSON lines and as Parquet, whole and in shards${why}`,
    { timeout: 180_000 },
    async () => {
      if ('missing' in python) return;
      const made = new Generated('hf', 3, true);
      const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
      const questions = Array.from({ length: 9 }, (_, at) =>
        made.question(at, made.one(['a.mp4', 'deep/ü b.mp4'])),
      ).sort(byId);
      const trajectories = Array.from({ length: 3 }, (_, at) => ({
        ...made.trajectory(at, 'a.mp4', null),
        fps: 1,
      })).sort(byId);
      await folders.lines('own/questions.jsonl', questions);
      await folders.lines('own/trajectories.jsonl', trajectories);
      await folders.json('own/data.json', { version: 1, form: 'test', videoRoot: '../videos', madeBy: {} });
      for (const parquet of [false, true])
        for (const shardRows of [undefined, 2]) {
          const out = folders.at(`hf-${parquet}-${shardRows ?? 'whole'}`);
          await exportData({ form: 'hf', dir: folders.at('own'), out, parquet, shardRows, maxRefused: 0 });
          const env = { ...process.env, HF_HOME: folders.at('cache'), HF_HUB_OFFLINE: '1' };
          const { stdout } = await promisify(execFile)(python.path, ['-c', LOAD, out], {
            env,
            maxBuffer: 64e6,
          });
          const loaded = JSON.parse(stdout) as {
            questions: [unknown, unknown, string][];
            trajectories: [unknown, [number, number][], number][];
          };
          expect(loaded.questions.map(([record]) => record)).toEqual(JSON.parse(JSON.stringify(questions)));
          expect(loaded.questions.map(([, answers]) => answers)).toEqual(
            questions.map(({ answers }) => answers),
          );
          expect(loaded.questions.every(([, , path], at) => path.endsWith(questions[at]!.video))).toBe(true);
          expect(loaded.trajectories.map(([record]) => record)).toEqual(
            JSON.parse(JSON.stringify(trajectories)),
          );
          for (const [, sizes, places] of loaded.trajectories) expect(sizes.length).toBe(places);
        }
    },
  );
});
