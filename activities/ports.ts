import type { Material } from '../domain/data/material.js';
import type { Ref, RefKind } from '../domain/refs.js';
import type { Observation, PictureSpec, ToolCall } from '../domain/tools/contract.js';
import type { Split } from '../domain/world/records.js';

/** Bytes by key. Implementations: MinIO (or any S3). Keys use `/`, never begin with one. */
export interface ObjectStore {
  /** Unconditional put. Returns a verified ref. */
  put(key: string, body: Uint8Array, kind: RefKind): Promise<Ref>;
  /** Conditional put (If-None-Match: *). `won` is false when the key already existed; the ref is then of what exists. */
  putIfAbsent(key: string, body: Uint8Array, kind: RefKind): Promise<{ won: boolean; ref: Ref }>;
  /** The bytes behind a ref; throws a DataFailure if the sha256 differs, NotFound if absent. */
  get(ref: Ref): Promise<Uint8Array>;
  /**
   * `put` of a file, of which only a part is in memory at a time. A file whose bytes have another SHA-256 than said is a
   * DataFailure, and the key is left as it was.
   */
  putFile(key: string, file: HashedFile, kind: RefKind): Promise<Ref>;
  /** `get` into a file, of any size. The path has either all of the bytes or what it had before. */
  getFile(ref: Ref, path: string): Promise<void>;
  /** Reads all bytes behind a ref from where they are kept, and throws as `get` does. */
  verify(ref: Ref): Promise<void>;
  /** The ref of a key, or null if absent (reads the object to hash it unless its sha256 is in the metadata). */
  head(key: string, kind: RefKind): Promise<Ref | null>;
  list(prefix: string): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
}

/** A file of this machine and the SHA-256 that its bytes are to have. */
export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** A video as it is shown: `widthPx` × `heightPx` after rotation, with square pixels. */
export interface VideoInfo {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly durationSec: number;
  readonly codec: string;
}

/** A decoded picture: row-major, `channels` bytes a pixel. */
export interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Which frames of a video, in which form. */
export interface FrameRequest {
  /** Rate at which frames are numbered; above 0. */
  readonly fps: number;
  /** 1-based: frame i is the frame on screen at (i − 1)/fps seconds. */
  readonly indices: readonly number[];
  /** 1 gives grey, from luma; 3 gives RGB. */
  readonly channels: 1 | 3;
  /** Scales inside the decoder to exactly this, averaging where it shrinks; native size where absent. */
  readonly size?: { readonly widthPx: number; readonly heightPx: number };
  readonly signal?: AbortSignal;
}

/** A decoded frame and the index that it was asked for by. */
export interface StreamedFrame {
  readonly index: number;
  readonly picture: Picture;
}

/**
 * Reads real video files. One clock: frame i (1-based) of a video sampled at f fps is the frame on screen
 * at (i − 1)/f seconds; rotation applied, pixels square; native resolution unless a size is asked for.
 * What cannot be decoded, or is beyond a limit, throws a `DataFailure` that names the file. An abort ends the
 * decoding at once and throws the signal's reason.
 */
export interface VideoReader {
  probe(path: string, signal?: AbortSignal): Promise<VideoInfo>;
  /**
   * The frames asked for, each once, ascending, decoded as they are taken: a consumer that stops taking stops the
   * decoder, and one that breaks off ends it. Nobody holds more than a few frames.
   */
  stream(path: string, request: FrameRequest): AsyncIterable<StreamedFrame>;
  /** All of them at once, in the order asked, repeats included: for a few frames. */
  frames(path: string, request: FrameRequest): Promise<readonly Picture[]>;
  /** Name and version of what decodes, for the record of a run. */
  readonly version: string;
}

/** Encodes rendered frames to an MP4 file (H.264 where the encoder has it). */
export interface VideoWriter {
  write(
    path: string,
    video: {
      readonly fps: number;
      readonly widthPx: number;
      readonly heightPx: number;
      /** Grey (1) or RGBA (4) frames, row-major, or planar YUV 4:2:0 in video range. A frame may be overwritten once the next is asked for. */
      readonly frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
      readonly channels: 1 | 4 | 'yuv420p';
      readonly crf: number;
    },
  ): Promise<void>;
  readonly version: string;
}

/** Runs the tools on video files, at the sizes at which a policy sees their pictures. */
export interface LookTools {
  /** Every frame as a thumbnail: `frames × heightPx × widthPx` grey bytes. */
  overview(file: string, spec: PictureSpec, signal?: AbortSignal): Promise<Uint8Array>;
  /** Runs one call. A bad call gives a refused observation; a bad video throws a DataFailure. */
  runCall(
    file: string,
    call: ToolCall,
    spec: PictureSpec,
    signal?: AbortSignal,
  ): Promise<{ readonly observation: Observation; readonly pixels: Uint8Array }>;
}

/** Makes the small world's videos: see `infra/world/write.ts`. */
export interface WorldWriter {
  (request: {
    readonly dir: string;
    readonly videos: number;
    readonly seed: number;
    readonly split: Split;
    readonly questionsPerVideo: number;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  }): Promise<unknown>;
}

/**
 * Reads the data folders of a curriculum. Throws a UserError where one is not there, or holds nothing to use, or where both
 * have a video in common; a DataFailure where too much of one must be left out.
 */
export interface TrainingFolders {
  (
    folders: { readonly train: string; readonly test: string },
    options?: {
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((progress: FolderProgress) => void) | undefined;
    },
  ): Promise<{ readonly train: Material; readonly test: Material }>;
}

export interface FolderProgress {
  readonly doing: string;
  readonly done: number;
  readonly total: number;
}

/** All-or-nothing commits: parts first, their manifest last and only once. See `infra/store/manifest.ts`. */
export interface Commits {
  commit(
    prefix: string,
    parts: readonly Part[],
    extra: Readonly<Record<string, unknown>>,
  ): Promise<Commit & { readonly won: boolean }>;
  /** The commit under a prefix; null where there is none. */
  read(prefix: string): Promise<Commit | null>;
}

/** One file of a commit: its bytes, or the path and SHA-256 of a file that may be larger than memory. */
export type Part = {
  /** Such as `weights.safetensors`; without `/`. */
  readonly name: string;
  readonly kind: RefKind;
} & ({ readonly body: Uint8Array } | { readonly file: string; readonly sha256: string });

export interface Commit {
  readonly manifest: Ref;
  readonly parts: Readonly<Record<string, Ref>>;
  readonly extra: Readonly<Record<string, unknown>>;
}
