import type { MaterialCounts } from '../data/material.js';

/** What a plan must be told, because it stands in files: see `infra/client/plan.ts`. */
export interface PlanFacts {
  readonly policy: PolicyFacts;
  readonly train: DataFacts;
  readonly test: DataFacts;
  /** Folder of the installation, whether or not it is there. */
  readonly home: string;
}

export interface PolicyFacts {
  /** In words, e.g. `Qwen2.5-VL, 8.29 billion parameters`. */
  readonly what: string;
  /** Where its files are expected; null where it needs none. */
  readonly path: string | null;
  readonly there: boolean;
  /** Null where nothing says so. */
  readonly parameters: number | null;
  readonly trainable: number | null;
  /** Edge of the square of pixels that becomes one token; null for the embedded policy, whose places are fixed. */
  readonly tokenSidePx: number | null;
  /** Size of a conversation with these looks; null where the model's shape is not known. */
  readonly conversation: (
    looks: readonly ('clip' | 'crop')[],
  ) => { readonly tokens: number; readonly said: number } | null;
}

export interface DataFacts {
  /** Rendered by the run, or a person's own. */
  readonly source: 'world' | 'folder';
  /** Where it is, or is expected. */
  readonly dir: string;
  readonly there: boolean;
  readonly videos: number | null;
  readonly questions: number | null;
  /** Of a data folder that is there. */
  readonly counts: MaterialCounts | null;
}
