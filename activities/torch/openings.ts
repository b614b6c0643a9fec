import { createHash } from 'node:crypto';
import path from 'node:path';
import { spread } from '../../domain/conversation/overview.js';
import type { AskedQuestion, Opening } from '../../domain/conversation/records.js';
import type { View } from '../../domain/conversation/spec.js';
import type { DataSet } from '../contract.js';
import { keepPictures, type Photographer } from '../conversation/pictures.js';
import { parseJson, toJson, type DataSets } from '../datasets.js';
import type { ObjectStore } from '../ports.js';

type Overview = Omit<Opening, 'question'>;

/**
 * What a conversation about a question begins with. The overview of a video is taken once, by whoever needs it first,
 * and kept under the data set and the view; the last few are remembered.
 */
export class Openings {
  readonly #store: ObjectStore;
  readonly #dataSets: DataSets;
  readonly #photographer: Photographer;
  readonly #kept = new Map<string, Promise<Overview>>();

  constructor(store: ObjectStore, dataSets: DataSets, photographer: Photographer) {
    this.#store = store;
    this.#dataSets = dataSets;
    this.#photographer = photographer;
  }

  /** @param index of the question in the data set */
  async of(data: DataSet, index: number, view: View, signal?: AbortSignal): Promise<Opening> {
    const loaded = await this.#dataSets.load(data);
    const { id, video, question, options, answers } = loaded.questions[index]!;
    return this.about(data, { id, video, question, ...(options ? { options } : {}), answers }, view, signal);
  }

  /** Of a question that need not be one of the data set's: it is about one of its videos, by the path that they have there. */
  async about(data: DataSet, asked: AskedQuestion, view: View, signal?: AbortSignal): Promise<Opening> {
    const { dir } = await this.#dataSets.load(data);
    const file = path.join(dir, asked.video);
    const overview = await this.#overview(data, asked.video, file, view, signal);
    return { question: { ...asked, video: file }, ...overview };
  }

  #overview(data: DataSet, video: string, file: string, view: View, signal?: AbortSignal): Promise<Overview> {
    const key = `openings/${data.ref.sha256.slice(0, 32)}/${digest(video, view)}.json`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const taking = this.#take(key, file, view, signal);
    this.#kept.set(key, taking);
    taking.catch(() => this.#kept.delete(key));
    while (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return taking;
  }

  async #take(key: string, file: string, view: View, signal?: AbortSignal): Promise<Overview> {
    const done = await this.#store.head(key, 'observations');
    if (done) return parseJson<Overview>(await this.#store.get(done));
    const video = await this.#photographer.facts(file, view, signal);
    const shots = spread(video.frames, view.frames).map((frame) => ({ frame, box01: null }));
    const options = { fps: video.fps, pixels: view.overviewPixels, format: view.format };
    const overview = await keepPictures(
      this.#store,
      this.#photographer,
      file,
      shots,
      options,
      sha256,
      signal,
    );
    const taken: Overview = { video, overview };
    await this.#store.putIfAbsent(key, toJson(taken), 'observations');
    return taken;
  }
}

const KEPT = 4_096;

function digest(video: string, view: View): string {
  return sha256(toJson([video, view])).slice(0, 32);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
