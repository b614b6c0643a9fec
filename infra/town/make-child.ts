import { serve } from '../making/serve.js';
import { resolveVideo } from '../video/resolve.js';
import type { TownRequest } from './folder.js';
import { TownFolder } from './folder.js';
import { makeTownVideo } from './make-video.js';

/** A process of its own that makes its share of a town's videos. */
serve<TownRequest>(async ({ dir, request }) => {
  const { writer } = await resolveVideo();
  const folder = new TownFolder(dir);
  return (index) => makeTownVideo(folder, request, index, writer);
});
