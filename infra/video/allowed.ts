import path from 'node:path';

/**
 * What FFmpeg may open. A file's content chooses its demuxer, whatever its name says, so those that follow
 * references (playlists, scripts, subtitles, SVG, numbered pictures, devices) are not in the list, and no network
 * protocol is. TIFF is left out too: FFmpeg shows one that holds a JPEG as black, without a word.
 */
const CONTAINERS = [
  ...['mov,mp4,m4a,3gp,3g2,mj2', 'matroska,webm', 'avi', 'mpegts', 'mpeg', 'mpegvideo', 'gif', 'ivf', 'obu'],
  ...['png_pipe', 'jpeg_pipe', 'webp_pipe', 'bmp_pipe'],
];
export const ALLOWED_DEMUXERS = CONTAINERS.join(',');
export const ALLOWED_PROTOCOLS = 'file';

/** What a person may bring, for messages. */
export const CONTAINERS_SAID = 'MP4, MOV, MKV, WebM, AVI, MPEG-TS, MPEG-PS, IVF, GIF, PNG, JPEG, WebP, BMP';

/** Names a local file and nothing else: `concat:…`, `pipe:0`, `http://…` or `-x` are then names of files. */
export function fileUrl(file: string): string {
  return `file:${path.resolve(file)}`;
}

/** A single picture, by its demuxer's name. */
export function isPicture(demuxer: string): boolean {
  return demuxer.endsWith('_pipe');
}

/** The little that a process that decodes is told of its surroundings: no credentials, proxies or homes. */
export function sparseEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'TZ'];
  return Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
