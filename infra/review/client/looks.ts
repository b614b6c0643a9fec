/// <reference lib="dom" />
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren, VNode } from 'preact';
import type { Box01 } from '../../../domain/world/records.js';
import type { VideoFacts } from '../pictures.js';
import type { Source } from './source.js';

/** What every look needs to know of its item. */
export interface Shown {
  readonly source: Source;
  readonly item: number;
  readonly facts: VideoFacts | null;
}

/** Small crops are enlarged until they are about this wide, in whole steps. */
const READABLE_PX = 260;

/** A picture that says in words why it does not come, and keeps its place until it does. */
export function Picture({
  shown: { source, item },
  src,
  alt,
  className,
  onSize,
}: {
  shown: Shown;
  src: string | null;
  alt: string;
  className?: string;
  onSize?: (widthPx: number, heightPx: number) => void;
}): VNode {
  const [trouble, setTrouble] = useState<string | null>(null);
  const fail = (): void => void source.trouble(item, src).then(setTrouble);
  useEffect(() => {
    setTrouble(null);
    if (src === null) fail();
  }, [src]);
  if (trouble !== null) return html`<p class="refused" role="alert">No picture: ${trouble}</p>`;
  if (src === null) return html`<p class="refused"></p>`;
  const load = (event: Event): void => {
    const { naturalWidth, naturalHeight } = event.currentTarget as HTMLImageElement;
    onSize?.(naturalWidth, naturalHeight);
  };
  return html`<img
    src=${src}
    alt=${alt}
    class=${className}
    draggable=${false}
    decoding="async"
    onLoad=${load}
    onError=${fail}
  />`;
}

/** A whole frame, with what is drawn on it. */
export function Frame({
  shown,
  frame,
  children,
}: {
  shown: Shown;
  frame: number;
  children?: ComponentChildren;
}): VNode {
  const { facts, source, item } = shown;
  const style = facts === null ? {} : { aspectRatio: `${facts.widthPx} / ${facts.heightPx}` };
  return html`
    <div class="frame" style=${style}>
      <${Picture} shown=${shown} src=${source.frame(item, frame)} alt=${`Frame ${frame}`} />
      ${children}
    </div>
  `;
}

export function BoxMark({ box, faint }: { box: Box01; faint?: boolean }): VNode {
  return html`<i class=${faint === true ? 'box faint' : 'box'} style=${boxStyle(box)}></i>`;
}

/** What a crop shows, at native resolution: the pixels as the tool gives them, enlarged in whole steps where they are few. */
export function CropPicture({
  shown,
  turn,
  frame,
  box,
}: {
  shown: Shown;
  turn: number;
  frame: number;
  box: Box01;
}): VNode {
  const { source, item, facts } = shown;
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const src = source.crop(item, turn, frame, box);
  if (src === null && source.frame(item, frame) !== null)
    return html`<${Cut} shown=${shown} frame=${frame} box=${box} />`;
  const times = size === null ? 1 : Math.max(1, Math.min(4, Math.round(READABLE_PX / size.width)));
  const aspect = facts === null ? {} : { aspectRatio: aspectOf(box, facts) };
  return html`
    <figure class="native">
      <div class="region" style=${size === null ? aspect : { width: `${size.width * times + 8}px` }}>
        <${Picture}
          shown=${shown}
          src=${src}
          alt=${`What the crop of frame ${frame} shows`}
          onSize=${(width: number, height: number) => setSize({ width, height })}
        />
      </div>
      <figcaption>
        ${size !== null && `${size.width} × ${size.height} px, native${times > 1 ? `, shown ${times} times as large` : ''}`}
      </figcaption>
    </figure>
  `;
}

/** Where there is no server to cut the native pixels: the part of the frame that the page holds. */
function Cut({ shown, frame, box }: { shown: Shown; frame: number; box: Box01 }): VNode {
  const { facts, source, item } = shown;
  const [x1, y1, x2, y2] = box;
  const [width, height] = [x2 - x1, y2 - y1];
  const place = {
    width: `${100 / width}%`,
    left: `${(-100 * x1) / width}%`,
    top: `${(-100 * y1) / height}%`,
  };
  return html`
    <figure class="native">
      <div class="region cut" style=${facts === null ? {} : { aspectRatio: aspectOf(box, facts) }}>
        <img src=${source.frame(item, frame)} alt=${`Part of frame ${frame}`} style=${place} />
      </div>
      <figcaption>from the page’s own picture, not native: this page has no server</figcaption>
    </figure>
  `;
}

export function boxStyle([x1, y1, x2, y2]: Box01): Record<string, string> {
  const side = (value: number): string => `${value * 100}%`;
  return { left: side(x1), top: side(y1), width: side(x2 - x1), height: side(y2 - y1) };
}

function aspectOf([x1, y1, x2, y2]: Box01, { widthPx, heightPx }: VideoFacts): string {
  return `${(x2 - x1) * widthPx} / ${(y2 - y1) * heightPx}`;
}
