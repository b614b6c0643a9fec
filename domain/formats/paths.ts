import { RowRefusal } from './refusal.js';

/**
 * A path that data names, as one below its root: `/` between parts, no `.`; refused where it would leave the root.
 * An absolute path is admitted only where it begins with `root`, which is then taken off: others write such files.
 */
export function pathBelow(path: string, root?: string): string {
  const inside = root !== undefined && path.startsWith(`${root.replace(/\/+$/, '')}/`);
  const relative = inside ? path.slice(root.replace(/\/+$/, '').length + 1) : path;
  const outside = (why: string): RowRefusal =>
    new RowRefusal(
      'path-outside',
      `expected a path below the folder of videos, got ${JSON.stringify(path)}: ${why}`,
    );
  if (relative.includes('\0')) throw outside('it holds a zero byte');
  if (relative.includes('\\')) throw outside('it holds a backslash; parts are separated by /');
  if (relative.startsWith('/') || /^[A-Za-z]:/.test(relative) || /^[a-z][a-z0-9+.-]*:\/\//i.test(relative))
    throw outside('it is absolute');
  const parts = relative.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw outside('".." leads out of it');
  if (parts.length === 0)
    throw new RowRefusal('bad-value', `expected a path of a video, got ${JSON.stringify(path)}`);
  return parts.join('/');
}

/** File names that are still images: a video of one frame. */
export function isStill(path: string): boolean {
  return /\.(png|jpe?g|webp|bmp|tiff?)$/i.test(path);
}

/** File names of videos and still images. */
export function isMedia(path: string): boolean {
  return isStill(path) || /\.(mp4|m4v|mov|mkv|webm|avi|ts|mts|m2ts|mpe?g|gif|flv|wmv|3gp|ogv)$/i.test(path);
}

/** `videos/00123.mp4` → `00123` */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}
