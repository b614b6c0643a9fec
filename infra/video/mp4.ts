/**
 * Whether the bytes are a whole MP4 file: boxes from the first byte to the last, a `moov` among them. An
 * encoder's library may lose the error of its last write on a full disk; the file then ends within a box.
 */
export function isWholeMp4(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hasMoov = false;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at);
    hasMoov ||= view.getUint32(at + 4) === 0x6d6f6f76;
    if (size < 8) return false;
    at += size;
  }
  return at === bytes.length && hasMoov;
}
