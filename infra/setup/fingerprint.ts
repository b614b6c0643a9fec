import { createRequire } from 'node:module';
import type { PolicyConfig } from '../../domain/curriculum.js';
import { cpuKind } from './cpu.js';
import { checkFfmpeg } from './ffmpeg-check.js';

/**
 * Versions of what shapes a run's bytes, by name: what decodes and encodes, what computes, what draws, on what kind of
 * CPU. A run records them and does not go on with others unless told to.
 * @param engine of the run's policy: Python's packages shape the bytes of `torch` alone
 */
export async function fingerprintParts(
  engine: PolicyConfig['engine'] = 'onnx',
): Promise<Record<string, string>> {
  const [ffmpeg, cpu, sharp, python] = await Promise.all([
    checkFfmpeg(),
    cpuKind(),
    sharpVersion(),
    engine === 'torch' ? pythonParts() : {},
  ]);
  return {
    cpu,
    ffmpeg: ffmpeg.version,
    node: process.versions.node.split('.')[0] ?? process.versions.node,
    onnxruntime: packageVersion('onnxruntime-node'),
    sharp,
    canvas: packageVersion('@napi-rs/canvas'),
    ...python,
  };
}

/** Where they are gone, a run that had them stops and says so, as for any other change. */
async function pythonParts(): Promise<Readonly<Record<string, string>>> {
  const { findTorchPython } = await import('../torch/python.js');
  const found = await findTorchPython();
  return found.path === null ? { python: `none (${found.reason})` } : found.versions;
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
