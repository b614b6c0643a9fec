import { createRequire } from 'node:module';
import { cpuKind } from './cpu.js';
import { checkFfmpeg } from './ffmpeg-check.js';

/**
 * Versions of what shapes a run's bytes, by name: what decodes and encodes, what computes, what draws, on what kind of
 * CPU. A run records them and does not go on with others unless told to.
 */
export async function fingerprintParts(): Promise<Record<string, string>> {
  const [ffmpeg, cpu, sharp] = await Promise.all([checkFfmpeg(), cpuKind(), sharpVersion()]);
  return {
    cpu,
    ffmpeg: ffmpeg.version,
    node: process.versions.node.split('.')[0] ?? process.versions.node,
    onnxruntime: packageVersion('onnxruntime-node'),
    sharp,
    canvas: packageVersion('@napi-rs/canvas'),
  };
}

export async function sharpVersion(): Promise<string> {
  const { default: sharp } = await import('sharp');
  const { sharp: own, vips } = sharp.versions;
  return `${own ?? 'unknown'} (libvips ${vips})`;
}

/** Of an installed package; throws where it is missing. */
export function packageVersion(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}
