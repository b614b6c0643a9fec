import { join } from 'node:path';
import { byEngine } from '../../activities/by-engine.js';
import { Checkpoints } from '../../activities/checkpoints.js';
import { createCloseConversation, createCollectAnswers } from '../../activities/conversation/close.js';
import type { CallActivities, ConversationActivities } from '../../activities/conversation/contract.js';
import { createLook } from '../../activities/conversation/look.js';
import { createMeetModel } from '../../activities/conversation/meet-model.js';
import { createOpenConversation } from '../../activities/conversation/open.js';
import { AnswerSources } from '../../activities/conversation/places.js';
import { createSpeak } from '../../activities/conversation/speak.js';
import { createCommitSeries } from '../../activities/commit-series.js';
import type { CpuActivities, RolloutActivities, TrainActivities } from '../../activities/contract.js';
import { createCheckTrajectories } from '../../activities/curation/check.js';
import type { CurationActivities } from '../../activities/curation/contract.js';
import { createFindCurated } from '../../activities/curation/find.js';
import { createCloseBatch, createFinishCuration } from '../../activities/curation/finish.js';
import { createMakeTrajectories } from '../../activities/curation/make-trajectories.js';
import { createPlanCuration } from '../../activities/curation/plan.js';
import type { OcrEngines } from '../../activities/curation/ports.js';
import { createReadVideoText } from '../../activities/curation/read-text.js';
import { DataSets } from '../../activities/datasets.js';
import { Engines, type EngineFactory } from '../../activities/engines.js';
import { createGradeShard } from '../../activities/grade-shard.js';
import { createOpenData } from '../../activities/open-data.js';
import { createPlanEvaluation } from '../../activities/plan-evaluation.js';
import { createPlanQuestions } from '../../activities/plan-questions.js';
import type { Commits, LookTools, ObjectStore, VideoReader } from '../../activities/ports.js';
import { createPrepareData } from '../../activities/prepare-data.js';
import { createPrepareFolders } from '../../activities/prepare-folders.js';
import { createWriteReport } from '../../activities/report.js';
import { createRecordAsked } from '../../activities/record-asked.js';
import { createRunTools } from '../../activities/run-tools.js';
import { RolloutMemories } from '../../activities/rollout-memories.js';
import { createSampleTurn } from '../../activities/sample-turn.js';
import { createScoreShard } from '../../activities/score-shard.js';
import { createStartPolicy } from '../../activities/start-policy.js';
import { createSummarize } from '../../activities/summarize.js';
import { createSynthesize } from '../../activities/synthesize.js';
import { createTorchGradeShard } from '../../activities/torch/grade-shard.js';
import { TokenModels } from '../../activities/torch/models.js';
import { Openings } from '../../activities/torch/openings.js';
import { createTorchRunTools } from '../../activities/torch/run-tools.js';
import { createTorchSampleTurn } from '../../activities/torch/sample-turn.js';
import { createTorchScoreShard } from '../../activities/torch/score-shard.js';
import { createTorchStartPolicy } from '../../activities/torch/start-policy.js';
import { TokenStates } from '../../activities/torch/states.js';
import { createTorchSynthesize } from '../../activities/torch/synthesize.js';
import { createTorchTrainRl } from '../../activities/torch/train-rl.js';
import { createTorchTrainSupervised } from '../../activities/torch/train-supervised.js';
import { createTrainRl } from '../../activities/train-rl.js';
import { createTrainSupervised } from '../../activities/train-supervised.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { curationFolders } from '../data/curation-folders.js';
import { readTrainingFolders } from '../data/training-folders.js';
import { logFile, type Home } from '../home/home.js';
import { ocrEngines } from '../ocr/resolve.js';
import { sideFiles } from '../ocr/side-files.js';
import { openKeyDoor } from '../openai/key-door.js';
import { Keyring } from '../openai/keys.js';
import { ServedEngines } from '../openai/engines.js';
import { reportPage } from '../report/html/page.js';
import { VideoLookRenderer } from '../report/look-renderer.js';
import type { ConnectionInfo } from '../services/connection.js';
import { fingerprintParts } from '../setup/fingerprint.js';
import { cachedStore } from '../store/local-cache.js';
import { commitWithManifest, readManifest } from '../store/manifest.js';
import { s3Store } from '../store/s3.js';
import { WHOLE_UP_TO } from '../tools/frames.js';
import { latePhotographer } from '../tools/late-photographer.js';
import { PictureTools } from '../tools/look.js';
import { VideoPhotographer } from '../tools/shown.js';
import { localEngines } from '../torch/engines.js';
import { torchEngineOf, torchModelOf } from '../torch/from-policy.js';
import { resolveVideo } from '../video/resolve.js';
import { writeWorld } from '../world/write.js';
import type { Role } from './roles.js';

/** Activities of one role, and what ends with the worker. */
export interface Wired {
  readonly activities: object;
  close(): Promise<void>;
}

const MEBIBYTE = 2 ** 20;

/** Where adapters meet the ports: the only place that knows which is behind which. */
export async function wire(role: Role, home: Home, connection: ConnectionInfo): Promise<Wired> {
  switch (role) {
    case 'curriculum':
      return calls(home, connection);
    case 'cpu':
      return cpu(home, connection);
    case 'gpu-rollout':
      return rollout(home, connection);
    case 'gpu-train':
      return train(home, connection);
    default:
      return role satisfies never;
  }
}

/** Calls of model servers only wait: they share the worker of the workflows, which run in threads of their own. */
async function calls(home: Home, connection: ConnectionInfo): Promise<Wired> {
  const store = cachedStore(s3Store(connection.s3), 128 * MEBIBYTE);
  const sources = new AnswerSources(store);
  const keyring = new Keyring();
  const door = await openKeyDoor(home, keyring);
  const engines = new ServedEngines(keyring.find);
  const deps = { store, sources, engineOf: engines.of };
  const activities: CallActivities = { meetModel: createMeetModel(deps), speak: createSpeak(deps) };
  return {
    activities,
    close: async () => {
      door.close();
      await engines.close();
    },
  };
}

async function cpu(home: Home, connection: ConnectionInfo): Promise<Wired> {
  const store = cachedStore(s3Store(connection.s3), 128 * MEBIBYTE);
  const dataSets = new DataSets(store);
  const { reader } = await resolveVideo();
  const tools = new PictureTools(reader, {
    maxBytes: 256 * MEBIBYTE,
    dir: join(home.dataFolder, 'frames'),
    diskAbove: WHOLE_UP_TO,
  });
  const sources = new AnswerSources(store);
  const photographer = new VideoPhotographer(reader);
  const openings = new Openings(store, dataSets, photographer);
  const renderer = new VideoLookRenderer(reader, DEFAULT_PICTURES);
  const activities: CpuActivities & ConversationActivities = {
    openConversation: createOpenConversation({ store, sources, photographer }),
    look: createLook({ store, sources, photographer }),
    closeConversation: createCloseConversation({ store, sources }),
    collectAnswers: createCollectAnswers({ store }),
    prepareData: createPrepareData({ store, tools, writeWorld, dataDir: join(home.dataFolder, 'worlds') }),
    prepareFolders: createPrepareFolders({ store, readFolders: readTrainingFolders }),
    synthesize: byEngine(({ policy }) => policy, {
      onnx: createSynthesize({ store, tools, dataSets }),
      torch: createTorchSynthesize({ store, dataSets, openings, photographer }),
    }),
    runTools: byEngine(({ shard }) => shard.policy, {
      onnx: createRunTools({ store, tools, dataSets }),
      torch: createTorchRunTools({ store, openings, photographer }),
    }),
    gradeShard: byEngine(({ shard }) => shard.policy, {
      onnx: createGradeShard({ store, dataSets }),
      torch: createTorchGradeShard({ store, dataSets, openings }),
    }),
    recordAsked: createRecordAsked({ store, dataSets, photographer, renderer }),
    planEvaluation: createPlanEvaluation({ dataSets }),
    planQuestions: createPlanQuestions({ dataSets }),
    openData: createOpenData({ store, tools }),
    summarize: createSummarize({ store }),
    commitSeries: createCommitSeries({ store }),
    writeReport: createWriteReport({
      store,
      datasets: dataSets,
      renderer,
      page: reportPage,
      madeBy: fingerprintParts,
      temporalUi: (run) => runPage(connection, run),
    }),
    fingerprint: async ({ pythons }) => ({ parts: await fingerprintParts(pythons) }),
  };
  const ocr = ocrEngines();
  const curating = curation(store, reader, tools, ocr.engines);
  return { activities: { ...activities, ...curating }, close: () => ocr.close() };
}

function curation(
  store: ObjectStore,
  reader: VideoReader,
  tools: LookTools,
  engines: OcrEngines,
): CurationActivities {
  const reading = { store, reader, engines, sideFiles };
  const decoder = reader.version;
  return {
    planCuration: createPlanCuration({ store, reader, engines, folders: curationFolders }),
    findCurated: createFindCurated({ ...reading, decoder }),
    readVideoText: createReadVideoText(reading),
    makeTrajectories: createMakeTrajectories({ store }),
    checkTrajectories: createCheckTrajectories({ store, tools, engines, decoder }),
    closeBatch: createCloseBatch({ store }),
    finishCuration: createFinishCuration({ store }),
  };
}

async function rollout(home: Home, connection: ConnectionInfo): Promise<Wired> {
  const store = cachedStore(s3Store(connection.s3), 128 * MEBIBYTE);
  const dataSets = new DataSets(store);
  const engines = new Engines(createEngine);
  const checkpoints = new Checkpoints(store, commitsOf(store));
  const { reader } = await resolveVideo();
  const tools = new PictureTools(reader, { maxBytes: 128 * MEBIBYTE });
  const photographer = new VideoPhotographer(reader);
  const openings = new Openings(store, dataSets, photographer);
  const { models, states } = torch(home, 'gpu-rollout', store);
  const sources = new AnswerSources(store);
  const calling = { store, sources, engineOf: localEngines(models, states) };
  const activities: RolloutActivities & CallActivities = {
    meetModel: createMeetModel(calling),
    speak: createSpeak(calling),
    sampleTurn: byEngine(({ shard }) => shard.policy, {
      onnx: createSampleTurn({ store, dataSets, checkpoints, engines, memories: new RolloutMemories() }),
      torch: createTorchSampleTurn({ store, openings, models, states }),
    }),
    scoreShard: byEngine(({ shard }) => shard.policy, {
      onnx: createScoreShard({ store, tools, dataSets, checkpoints, engines }),
      torch: createTorchScoreShard({ store, dataSets, openings, photographer, models, states }),
    }),
  };
  return { activities, close: () => closeAll(engines, models) };
}

async function train(home: Home, connection: ConnectionInfo): Promise<Wired> {
  const store = cachedStore(s3Store(connection.s3), 256 * MEBIBYTE);
  const dataSets = new DataSets(store);
  const engines = new Engines(createEngine);
  const checkpoints = new Checkpoints(store, commitsOf(store));
  // Whoever sampled has taken the overviews: they are only read here.
  const photographer = latePhotographer(async () => new VideoPhotographer((await resolveVideo()).reader));
  const openings = new Openings(store, dataSets, photographer);
  const { models, states } = torch(home, 'gpu-train', store);
  const activities: TrainActivities = {
    startPolicy: byEngine(({ policy }) => policy, {
      onnx: createStartPolicy({ store, checkpoints }),
      torch: createTorchStartPolicy({ models, states }),
    }),
    trainSupervised: byEngine(({ policy }) => policy, {
      onnx: createTrainSupervised({ store, dataSets, checkpoints, engines }),
      torch: createTorchTrainSupervised({ store, models, states }),
    }),
    trainRl: byEngine(({ policy }) => policy, {
      onnx: createTrainRl({ store, dataSets, checkpoints, engines }),
      torch: createTorchTrainRl({ store, openings, models, states }),
    }),
  };
  return { activities, close: () => closeAll(engines, models) };
}

async function closeAll(engines: Engines, models: TokenModels): Promise<void> {
  await engines.close();
  await models.close();
}

/** Models in Python processes of their own: nothing is started before one is asked for. */
function torch(
  home: Home,
  role: Role,
  store: ObjectStore,
): { readonly models: TokenModels; readonly states: TokenStates } {
  const folder = join(home.dataFolder, 'torch', role);
  const trains = role === 'gpu-train';
  // Who trains draws no messages, and needs nothing to draw them with.
  const modelOf = trains ? torchEngineOf : torchModelOf;
  return {
    models: new TokenModels((parts, device) => modelOf(parts, device, logFile(home, `${role}-torch`)), {
      trains,
    }),
    states: new TokenStates(store, commitsOf(store), folder),
  };
}

const createEngine: EngineFactory = (spec, options) => new EmbeddedEngine(spec, options);

function commitsOf(store: ObjectStore): Commits {
  return {
    commit: (prefix, parts, extra) => commitWithManifest(store, prefix, parts, extra),
    read: (prefix) => readManifest(store, prefix),
  };
}

/** The run's page in the Temporal UI. */
function runPage({ uiUrl }: ConnectionInfo, run: string): string {
  return `${uiUrl}/namespaces/default/workflows/${encodeURIComponent(run)}`;
}
