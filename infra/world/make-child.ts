import { serve } from '../making/serve.js';
import { resolveVideo } from '../video/resolve.js';
import type { WorldRequest } from './folder.js';
import { WorldFolder } from './folder.js';
import { makeVideo } from './make-video.js';

/** A process of its own that makes its share of a world's videos. */
serve<WorldRequest>(async ({ dir, request }) => {
  const { writer } = await resolveVideo();
  const folder = new WorldFolder(dir);
  return (index) => makeVideo(folder, request, index, writer);
});
