import { counted } from '../counted.js';

/**
 * Videos that a pooled folder would train on and judge by. In M4-ViteVQA no test clip is in any train split, but
 * validation clips of one task are in the train split of another: pooled, those validations say nothing.
 */
export class LeakFinder {
  readonly #splits = new Map<string, Set<string>>();

  add(video: string, task: string, split: string): void {
    const known = this.#splits.get(video) ?? new Set();
    known.add(`${task}\0${split}`);
    this.#splits.set(video, known);
  }

  /** One sentence for each pair of splits that share videos, none where there are none. */
  warnings(): readonly string[] {
    const shared = new Map<string, number>();
    for (const known of this.#splits.values()) {
      const parts = [...known].map((one) => one.split('\0') as [string, string]);
      for (const [trainTask, train] of parts) {
        if (train !== 'train') continue;
        for (const [task, split] of parts) {
          if (split !== 'validation' && split !== 'test') continue;
          const pair = `${task} ${split}\0${trainTask} train`;
          shared.set(pair, (shared.get(pair) ?? 0) + 1);
        }
      }
    }
    return [...shared]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([pair, count]) => {
        const [judged, trained] = pair.split('\0');
        return `leak: ${counted(count, 'video')} of ${judged} ${count === 1 ? 'is' : 'are'} in ${trained} as well; what was trained on the pooled folder must not be judged by ${judged}`;
      });
  }
}
