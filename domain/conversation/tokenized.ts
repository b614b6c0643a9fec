import type { SampledTokens } from './records.js';

/**
 * A conversation as a model's chat template writes it, for engines that train on its tokens. Pictures are named by their
 * place in the blobs that travel with a request, so that many conversations can share one.
 */
export interface Conversation {
  readonly messages: readonly Message[];
}

export type Message =
  | { readonly role: 'system' | 'user' | 'tool'; readonly content: readonly Part[] }
  /** Shown as an example; its tokens are learned unless `learn` is false. */
  | { readonly role: 'assistant'; readonly text: string; readonly learn?: boolean }
  /** What the policy said, as it was sampled: never tokenized again. The arrays have one length, as in `Turn`. */
  | ({ readonly role: 'assistant' } & SampledTokens);

export type Part =
  { readonly type: 'text'; readonly text: string } | ({ readonly type: 'image' } & BlobPicture);

/** A PNG, JPEG or WebP file, or rows of pixels. */
export type BlobPicture =
  | { readonly blob: number; readonly form?: 'file' }
  | {
      readonly blob: number;
      readonly form: 'rgb' | 'grey';
      readonly widthPx: number;
      readonly heightPx: number;
    };
