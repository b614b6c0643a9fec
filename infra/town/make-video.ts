import type { VideoWriter } from '../../activities/ports.js';
import { lookFpsOf } from '../../domain/town/knobs.js';
import { planTown } from '../../domain/town/plan.js';
import { draftTownQuestions } from '../../domain/town/questions.js';
import { stream } from '../../domain/seeds.js';
import { sha256OfFile, writeAtomically } from '../making/files.js';
import { film } from './film.js';
import type { TownFolder, TownRecord, TownRequest } from './folder.js';
import { TownFolder as Folder } from './folder.js';

/** Makes video `index` of a town, unless it is there already: the MP4 first, its record last. */
export async function makeTownVideo(
  folder: TownFolder,
  request: TownRequest,
  index: number,
  writer: VideoWriter,
): Promise<TownRecord> {
  const { form, seed, split, knobs, questionsPerVideo } = request;
  const video = Folder.videoName(form, index);
  const known = await folder.record(index);
  if (known !== null && (await sha256OfFile(folder.path(video))) === known.truth.sha256) return known;

  const { widthPx, heightPx, fps, scenes, sceneSec } = knobs;
  const plan = planTown(seed, split, index, knobs);
  const shot = film(plan);
  const picture = {
    fps,
    widthPx,
    heightPx,
    frames: shot.frames,
    channels: 'yuv420p',
    crf: plan.crf,
  } as const;
  const sha256 = await folder.encode(video, writer, picture);
  const durationSec = scenes * sceneSec;
  const random = stream('town', seed, split, index, 'questions');
  const rates = { fps, lookFps: lookFpsOf(knobs) };
  const record: TownRecord = {
    truth: { video, sha256, widthPx, heightPx, fps, durationSec, scenes: shot.scenes },
    questions: draftTownQuestions(random, shot.scenes, rates, index, questionsPerVideo).map(
      ({ task, question, answers, options, evidence }, n) => ({
        id: `town-${split}-${seed}-${String(index).padStart(6, '0')}-${n}`,
        video,
        question,
        answers,
        ...(options === undefined ? {} : { options }),
        split,
        task,
        evidence,
      }),
    ),
  };
  await writeAtomically(folder.recordPath(index), JSON.stringify(record));
  return record;
}
