import { resolveBinary } from './binaries.js';
import { downloadFfmpegStatic } from './ffmpeg-static.js';

/**
 * Everything beside npm packages that Ruminate needs, once: silent and quick when it is all there.
 * A missing server is an error that says what to do; a missing ffmpeg binary is not, node-av carries one.
 */
export async function prepareTools(options: { readonly onProgress: (line: string) => void }): Promise<void> {
  await downloadFfmpegStatic(options);
  await resolveBinary('temporal', options);
  await resolveBinary('minio', options);
}
