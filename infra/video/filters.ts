import type { FrameRequest } from '../../activities/ports.js';

/** Width and height in pixels. */
export type Size = NonNullable<FrameRequest['size']>;

/** Transfer functions of high dynamic range, by FFmpeg's names: PQ and HLG. */
export const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67'] as const;
export type HdrTransfer = (typeof HDR_TRANSFERS)[number];

/** What stands between a stream's stored pictures and those shown. */
export interface Shown {
  /** Size as stored, after the turn, before the pixels are made square. */
  readonly stored: Size;
  /** Size as shown. */
  readonly native: Size;
  readonly hdr: HdrTransfer | null;
}

/** The size with square pixels: the shorter side grows, so that no line or column is lost. */
export function squared(stored: Size, aspect: { readonly num: number; readonly den: number }): Size {
  const { num, den } = aspect;
  if (!(num > 0 && den > 0) || num === den) return stored;
  return num > den
    ? { widthPx: Math.round((stored.widthPx * num) / den), heightPx: stored.heightPx }
    : { widthPx: stored.widthPx, heightPx: Math.round((stored.heightPx * den) / num) };
}

/**
 * From an upright stored picture to grey or RGB of the size asked for, as FFmpeg filters: one description for both
 * adapters. HDR is brought to BT.709 with 100 cd/m² as white by the Hable curve, in linear light.
 */
export function pictureFilters(shown: Shown, channels: 1 | 3, size?: Size): readonly string[] {
  const target = size ?? shown.native;
  const kept = target.widthPx === shown.stored.widthPx && target.heightPx === shown.stored.heightPx;
  const how = kept ? 'bilinear' : size === undefined ? 'bicubic' : 'area';
  const toSdr = [
    `zscale=w=${target.widthPx}:h=${target.heightPx}:tin=${shown.hdr}:pin=bt2020:min=bt2020nc:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=bt709:m=bt709:r=limited',
    'format=yuv444p',
  ];
  return [
    ...(shown.hdr === null ? [] : toSdr),
    `scale=${target.widthPx}:${target.heightPx}:flags=${how}+accurate_rnd+bitexact`,
    `format=${channels === 1 ? 'gray' : 'rgb24'}`,
  ];
}
