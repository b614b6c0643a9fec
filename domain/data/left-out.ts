/** Fewer than this are a blemish, whatever their share (as in a curation, `failures.atLeast`). */
const AT_LEAST = 5;
/** More than this share and the folder is not what it should be (as in a curation, `failures.maxShare`). */
const MAX_SHARE = 0.2;
const SHOWN = 10;

/** Why a folder cannot be used although some of it could be read; null where little enough is left out. */
export function tooMuchLeftOut(
  what: string,
  { leftOut, total }: { readonly leftOut: readonly string[]; readonly total: number },
): string | null {
  if (leftOut.length < AT_LEAST || leftOut.length <= MAX_SHARE * total) return null;
  return `${leftOut.length} of ${total} ${what} cannot be used, more than ${100 * MAX_SHARE} %:${listed(leftOut)}`;
}

/** Sentences, one a line and indented, the first few. */
export function listed(sentences: readonly string[]): string {
  const more = sentences.length - SHOWN;
  const lines = [...sentences.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
  return lines.map((line) => `\n  ${line}`).join('');
}
