import type { FilterContext, Frame as AvFrame } from 'node-av/lib';
import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_UNSPECIFIED,
} from 'node-av/constants';
import { FFmpegError, FilterGraph, Frame } from 'node-av/lib';
import { BugFailure, DataFailure } from '../../domain/failures.js';
import type { Size } from './filters.js';
import { pictureFilters } from './filters.js';
import { FULL_FROM_VIDEO } from './luma.js';
import type { Opened } from './node-av-open.js';

/** A picture in the form in which it is sent on: row-major, packed. */
export interface PackedPicture extends Size {
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

export function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

/** Turns decoded frames of one video upright and into grey or RGB. */
export class PicturePacker {
  readonly #path: string;
  readonly #video: Opened;
  readonly #filtered = newFrame();
  #graph: {
    readonly key: string;
    readonly graph: FilterGraph;
    from: FilterContext;
    to: FilterContext;
  } | null = null;

  constructor(path: string, video: Opened) {
    this.#path = path;
    this.#video = video;
  }

  packed(frame: Frame, channels: 1 | 3, size?: Size): PackedPicture {
    this.#refuseOtherSize(frame);
    const { shown, turn } = this.#video;
    const isPlain = turn.length === 0 && shown.hdr === null && shown.native === shown.stored;
    const luma = frame.data?.[0];
    if (channels === 1 && size === undefined && isPlain && luma !== undefined) {
      if (frame.format === AV_PIX_FMT_YUV420P) return grey(frame, luma);
    }
    const { widthPx, heightPx } = size ?? shown.native;
    return { widthPx, heightPx, channels, data: this.#filter(frame, channels, size) };
  }

  close(): void {
    this.#filtered.free();
    this.#graph?.graph.free();
  }

  #filter(frame: Frame, channels: 1 | 3, size?: Size): Uint8Array {
    const { from, to } = this.#graphFor(frame, channels, size);
    check(from.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_KEEP_REF));
    check(to.buffersinkGetFrameSync(this.#filtered));
    const data = this.#filtered.toBuffer();
    this.#filtered.unref();
    return data;
  }

  #graphFor(frame: AvFrame, channels: 1 | 3, size?: Size): { from: FilterContext; to: FilterContext } {
    const { width, height, format, colorSpace, colorRange } = frame;
    // A decoder of still pictures says "RGB"; for the filters that is no matrix.
    const matrix = colorSpace < 0 ? AVCOL_SPC_UNSPECIFIED : colorSpace;
    const source = `buffer@from=video_size=${width}x${height}:pix_fmt=${format}:time_base=1/1000:colorspace=${matrix}:range=${colorRange}`;
    const filters = [...this.#video.turn, ...pictureFilters(this.#video.shown, channels, size)];
    const key = [source, ...filters, 'buffersink@to'].join(',');
    if (this.#graph?.key === key) return this.#graph;
    this.#graph?.graph.free();
    this.#graph = null;
    const graph = new FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    check(graph.parsePtr(key));
    check(graph.configSync());
    const [from, to] = [graph.getFilter('buffer@from'), graph.getFilter('buffersink@to')];
    if (from === null || to === null) throw new BugFailure(`the filters ${key} have no ends`);
    this.#graph = { key, graph, from, to };
    return this.#graph;
  }

  #refuseOtherSize({ width, height }: Frame): void {
    const { codecpar } = this.#video.stream;
    if (width === codecpar.width && height === codecpar.height) return;
    throw new DataFailure(
      `${this.#path}: its frames change their size (${codecpar.width} × ${codecpar.height}, then ${width} × ${height} pixels)`,
    );
  }
}

/** The luma plane, spread to the full range. */
function grey(frame: Frame, luma: Uint8Array): PackedPicture {
  const { width, height } = frame;
  const strideBytes = frame.linesize[0] ?? width;
  const isFullRange = frame.colorRange === AVCOL_RANGE_JPEG;
  const data = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = y * strideBytes;
    for (let x = 0; x < width; x++, to++) {
      const value = luma[row + x] ?? 0;
      data[to] = isFullRange ? value : (FULL_FROM_VIDEO[value] ?? 0);
    }
  }
  return { widthPx: width, heightPx: height, channels: 1, data };
}

function check(code: number): void {
  if (code < 0)
    throw new BugFailure(`a decoded frame could not be converted (${FFmpegError.strerror(code)})`);
}
