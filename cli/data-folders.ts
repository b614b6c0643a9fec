import { listed } from '../domain/data/left-out.js';
import type { SurveyedFolders } from '../infra/client/data-folders.js';
import { progressLine } from './progress.js';

type Progress = { readonly doing: string; readonly done: number; readonly total: number };

/** What is over sooner needs no line. */
const SILENT_MS = 2_000;

/** Shows how far the reading of data folders is, where it takes long: one line for each of its steps. */
export function folderProgress(): { readonly onProgress: (at: Progress) => void; readonly end: () => void } {
  const begunMs = Date.now();
  let doing = '';
  let line = progressLine(doing);
  return {
    onProgress(at) {
      if (Date.now() - begunMs < SILENT_MS) return;
      if (at.doing !== doing) {
        line.end();
        doing = at.doing;
        line = progressLine(doing);
      }
      line.show(at);
    },
    end: () => {
      line.end();
    },
  };
}

/** What of data folders is left out, for people; nothing where all of it is used. */
export function leftOutLines(folders: SurveyedFolders | null): readonly string[] {
  if (folders === null) return [];
  return [folders.train, folders.test].flatMap(({ dir, leftOut }) =>
    leftOut.length === 0 ? [] : [`Left out of ${dir} (${leftOut.length}):${listed(leftOut)}`],
  );
}
