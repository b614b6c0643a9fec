import sharp from 'sharp';
import type { Picture } from '../../activities/ports.js';
import { badRequest } from './errors.js';

/** By what the bytes say, whatever the URL does. SVG and the like draw; these only hold pixels. */
const FORMATS: readonly string[] = ['png', 'jpeg', 'webp', 'gif'];

/**
 * A picture file as grey levels. Grey is Rec. 601 luma in integers, so that a grey picture comes back bit for bit.
 * Refused: other formats, more pixels than `maxPixels` by the header (nothing is decoded then), animations, transparency.
 */
export async function greyPicture(bytes: Buffer, maxPixels: number, param: string): Promise<Picture> {
  await refuseUnfit(bytes, maxPixels, param);
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels })
      .autoOrient()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      widthPx: info.width,
      heightPx: info.height,
      channels: 1,
      data: grey(data, info.channels, param),
    };
  } catch (error) {
    throw error instanceof Error && error.name === 'RequestError' ? error : unreadable(param, error);
  }
}

async function refuseUnfit(bytes: Buffer, maxPixels: number, param: string): Promise<void> {
  const { format, width, height, pages } = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(param, error);
    });
  if (!FORMATS.includes(format))
    throw badRequest(
      `${param}: expected png, jpeg, webp or gif, the bytes are ${format}`,
      param,
      'invalid_image',
    );
  if (width * height > maxPixels)
    throw badRequest(
      `${param}: a picture of ${width}×${height} pixels; at most ${maxPixels} are read`,
      param,
      'image_too_large',
    );
  if ((pages ?? 1) > 1)
    throw badRequest(`${param}: a picture of ${pages} frames; expected a still one`, param, 'invalid_image');
}

function grey(data: Uint8Array, channels: number, param: string): Uint8Array {
  const out = new Uint8Array(data.length / channels);
  const colours = channels < 3 ? 1 : 3;
  for (let i = 0, at = 0; i < out.length; i++, at += channels) {
    if (channels > colours && data[at + colours] !== 255)
      throw badRequest(
        `${param}: the picture is transparent; expected an opaque one`,
        param,
        'invalid_image',
      );
    out[i] =
      colours === 1 ? data[at]! : (77 * data[at]! + 150 * data[at + 1]! + 29 * data[at + 2]! + 128) >> 8;
  }
  return out;
}

function unreadable(param: string, error: unknown): Error {
  const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
  return badRequest(`${param}: the picture cannot be read (${reason})`, param, 'invalid_image');
}
