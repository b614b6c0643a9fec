import type { VideoWriter } from '../../activities/ports.js';
import { stream } from '../../domain/seeds.js';
import { planVideo } from '../../domain/world/plan.js';
import { draftQuestions } from '../../domain/world/questions.js';
import { HEIGHT_PX, VIDEO_FPS, WIDTH_PX } from '../../domain/world/scene.js';
import { sha256OfFile, writeAtomically } from '../making/files.js';
import { film } from './film.js';
import type { VideoRecord, WorldFolder, WorldRequest } from './folder.js';
import { WorldFolder as Folder } from './folder.js';

/** Makes video `index` of a world, unless it is there already: the MP4 first, its record last. */
export async function makeVideo(
  folder: WorldFolder,
  request: WorldRequest,
  index: number,
  writer: VideoWriter,
): Promise<VideoRecord> {
  const video = Folder.videoName(index);
  const file = folder.path(video);
  const known = await folder.record(index);
  if (known !== null && (await sha256OfFile(file)) === known.truth.sha256) return known;

  const { seed, split, questionsPerVideo } = request;
  const plan = planVideo(seed, split, index);
  const { truth, frames } = film(plan);
  const sha256 = await folder.encode(video, writer, {
    fps: VIDEO_FPS,
    widthPx: WIDTH_PX,
    heightPx: HEIGHT_PX,
    frames,
    channels: 4,
    crf: plan.crf,
  });
  const drafts = draftQuestions(
    stream('world', seed, split, index, 'questions'),
    truth,
    index,
    questionsPerVideo,
  );
  const record: VideoRecord = {
    truth: { video, sha256, scenes: truth },
    questions: drafts.map((draft, n) => ({
      id: `${split}-${seed}-${String(index).padStart(6, '0')}-${n}`,
      video,
      ...draft,
    })),
  };
  await writeAtomically(folder.recordPath(index), JSON.stringify(record));
  return record;
}
