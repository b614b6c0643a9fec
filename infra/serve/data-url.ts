import { badRequest } from './errors.js';

const FORM = /^data:image\/(?:png|jpe?g|webp|gif);base64,/i;

/** The bytes of a data URL. Any other URL is refused: the server asks no network for anything. */
export function bytesOf(url: string, param: string): Buffer {
  if (!/^data:/i.test(url))
    throw badRequest(
      `${param}: expected a data URL; pictures behind other URLs are not fetched`,
      param,
      'remote_image_refused',
    );
  const head = FORM.exec(url)?.[0];
  if (head === undefined)
    throw badRequest(
      `${param}: expected data:image/png;base64,… (or jpeg, webp, gif), got "${url.slice(0, 40)}"`,
      param,
      'invalid_image_url',
    );
  const base64 = url.slice(head.length);
  const bytes = Buffer.from(base64, 'base64');
  // Node passes over what is no base64; four characters stand for three bytes.
  const expected = Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
  if (bytes.length === 0 || bytes.length !== expected)
    throw badRequest(`${param}: the data URL holds no valid base64`, param, 'invalid_image_url');
  return bytes;
}
