import path from 'node:path';
import { judge, type ReadPicture, type Replay } from '../../domain/curation/judge.js';
import type { CuratedVideo, RejectedRecord, VideoText } from '../../domain/curation/records.js';
import { fitted } from '../../domain/curation/synthesize.js';
import type { CurationSettings } from '../../domain/curation/settings.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import type { Ref } from '../../domain/refs.js';
import type { PictureSpec, SizePx, ToolCall } from '../../domain/tools/contract.js';
import { DataFailure } from '../../domain/failures.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { LookTools, ObjectStore } from '../ports.js';
import type { VideoDone, VideoInput } from './contract.js';
import { cropScale, engineFor, frameScale, readPicture, RIM_PX } from './engine.js';
import { fileSha256, stepKey, type StepKey } from './keys.js';
import type { MadeTrajectories } from './make-trajectories.js';
import { plannedVideo, type PlannedVideo, type PlanRecord } from './plan.js';
import type { OcrEngine, OcrEngines } from './ports.js';

export interface CheckDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly engines: OcrEngines;
  /** What decodes: part of the key. */
  readonly decoder: string;
}

export function createCheckTrajectories(
  deps: CheckDeps,
): (input: VideoInput & { readonly text: Ref; readonly made: Ref }) => Promise<VideoDone> {
  return async (input) => {
    const { store } = deps;
    const { plan, planned } = await plannedVideo(store, input);
    const file = path.join(plan.videoRoot, planned.video);
    const engine = await engineFor(deps.engines, plan.settings.ocr.engine);
    const step = checkStep(deps.decoder, engine, plan, planned, {
      text: input.text,
      made: input.made,
      sha256: await fileSha256(file, cancellationSignal()),
    });
    const done = await store.head(step.key, 'curation');
    if (done !== null) return told(input.at, done, parseJson<CuratedVideo>(await store.get(done)));
    const text = parseJson<VideoText>(await store.get(input.text));
    const made = parseJson<MadeTrajectories>(await store.get(input.made));
    const replay = replayOf(deps.tools, engine, plan.settings, text, file);
    const curated = await checkAll(made, planned, plan.settings, replay, step);
    const { ref } = await store.putIfAbsent(step.key, toJson(curated), 'curation');
    return told(input.at, ref, curated);
  };
}

export function checkStep(
  decoder: string,
  engine: OcrEngine,
  { settings }: PlanRecord,
  { mended }: PlannedVideo,
  inputs: { readonly text: Ref; readonly made: Ref; readonly sha256: string },
): StepKey {
  const { pictures, check, ocr } = settings;
  return stepKey('check', {
    text: inputs.text.sha256,
    made: inputs.made.sha256,
    video: inputs.sha256,
    mended,
    pictures,
    check,
    ocr: { layout: ocr.layout, enlargeBelowPx: ocr.enlargeBelowPx },
    engine: engine.version,
    decoder,
  });
}

async function checkAll(
  made: MadeTrajectories,
  { video, mended }: PlannedVideo,
  settings: CurationSettings,
  replay: Replay,
  { provenance }: StepKey,
): Promise<CuratedVideo> {
  const accepted: TrajectoryRecord[] = [];
  const rejected: RejectedRecord[] = [...made.rejected];
  for (const [i, original] of made.trajectories.entries()) {
    heartbeat({ doing: `checking trajectories of ${video}`, done: i, total: made.trajectories.length });
    const given = mended.find(({ id }) => id === original.id) ?? original;
    const steps = [...original.provenance.steps, provenance];
    const trajectory = { ...given, provenance: { ...original.provenance, steps } };
    const verdict = await judge(trajectory, replay, settings.check);
    if (verdict === null) accepted.push(trajectory);
    else {
      const { id, questionId } = trajectory;
      rejected.push({ id, questionId, video, step: 'check', ...verdict, trajectory });
    }
  }
  return { version: 1, video, accepted, rejected, counts: made.counts, found: made.found };
}

/** Frames that one clip of the real tool may show. */
const CLIP_FRAMES = 8;

/**
 * The real tools on the real video, at the sizes of the settings, and an engine that reads what they show. Calls that
 * several trajectories share, and the overview, are run once.
 */
export function replayOf(
  tools: LookTools,
  engine: OcrEngine,
  { pictures, ocr }: Pick<CurationSettings, 'pictures' | 'ocr'>,
  { fps, total, widthPx, heightPx }: Pick<VideoText, 'fps' | 'total' | 'widthPx' | 'heightPx'>,
  file: string,
): Replay {
  const size = { widthPx, heightPx };
  const spec: PictureSpec = {
    fps,
    frames: total,
    overview: fitted(size, pictures.overview),
    clip: fitted(size, pictures.clip),
    crop: { ...size, maxScale: 1 },
  };
  const signal = cancellationSignal();

  const run = async (call: ToolCall, sizes: PictureSpec): Promise<readonly ReadPicture[]> => {
    const { observation, pixels } = await tools.runCall(file, call, sizes, signal);
    if (observation.kind === 'refused') throw new DataFailure(`${file}: ${observation.reason}`);
    return Promise.all(
      observation.looks.map(async ({ frame, offset, ...shown }) => {
        const data = pixels.subarray(offset, offset + shown.widthPx * shown.heightPx);
        const isCrop = call.tool === 'crop';
        const picture = { widthPx: shown.widthPx, heightPx: shown.heightPx, channels: 1, data } as const;
        const words = await readPicture(engine, picture, isCrop ? 'block' : ocr.layout, {
          scale: isCrop ? cropScale(shown.heightPx) : frameScale(shown.heightPx, ocr.enlargeBelowPx),
          rimPx: isCrop ? RIM_PX.crop : RIM_PX.frame,
          ...(signal === undefined ? {} : { signal }),
        });
        return { frame, widthPx: shown.widthPx, heightPx: shown.heightPx, words };
      }),
    );
  };

  const looked = new Map<string, Promise<readonly ReadPicture[]>>();
  const once = (
    name: string,
    work: () => Promise<readonly ReadPicture[]>,
  ): Promise<readonly ReadPicture[]> => {
    const known = looked.get(name) ?? work();
    looked.set(name, known);
    return known;
  };
  return {
    frames: total,
    overview: () =>
      once('overview', async () => {
        const shown: ReadPicture[] = [];
        const frames = evenly(total, pictures.overview.frames);
        for (let first = 0; first < frames.length; first += CLIP_FRAMES) {
          const targetFrames = frames.slice(first, first + CLIP_FRAMES);
          shown.push(...(await run({ tool: 'clip', targetFrames }, { ...spec, clip: spec.overview })));
        }
        return shown;
      }),
    look: (call) =>
      once(JSON.stringify(call), () =>
        run(
          call,
          call.tool === 'crop'
            ? { ...spec, crop: { ...cropSize(call.bbox01, size, pictures.crop), maxScale: 1 } }
            : spec,
        ),
      ),
  };
}

/** At most `count` of the frames 1 to `total`, the first among them, evenly spread. */
export function evenly(total: number, count: number): readonly number[] {
  const shown = Math.min(total, count);
  return Array.from({ length: shown }, (_, i) => 1 + Math.floor((i * total) / shown));
}

/** The whole pixels that a box touches, scaled down to fit. */
function cropSize([x1, y1, x2, y2]: readonly number[], { widthPx, heightPx }: SizePx, bound: SizePx): SizePx {
  const span = (from: number, to: number, size: number): number =>
    Math.max(1, Math.min(size, Math.ceil(to * size)) - Math.min(size - 1, Math.floor(from * size)));
  return fitted({ widthPx: span(x1!, x2!, widthPx), heightPx: span(y1!, y2!, heightPx) }, bound);
}

export function told(at: number, ref: Ref, { counts, accepted, rejected }: CuratedVideo): VideoDone {
  return { at, ref, counts, accepted: accepted.length, rejected: rejected.length };
}
