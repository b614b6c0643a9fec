import { createRequire } from 'node:module';
import type { PythonPurpose } from '../../domain/pythons.js';
import { cpuKind } from './cpu.js';
import { checkFfmpeg } from './ffmpeg-check.js';

/**
 * Versions of what shapes a run's bytes, by name: what decodes and encodes, what computes, what draws, on what kind of
 * CPU. A run records them and does not go on with others unless told to.
 * @param pythons that the run's policy computes with (`pythonsOf`)
 */
export async function fingerprintParts(
  pythons: readonly PythonPurpose[] = [],
): Promise<Record<string, string>> {
  const [ffmpeg, cpu, sharp, ...packages] = await Promise.all([
    checkFfmpeg(),
    cpuKind(),
    sharpVersion(),
    ...pythons.map(pythonParts),
  ]);
  return {
    cpu,
    ffmpeg: ffmpeg.version,
    node: process.versions.node.split('.')[0] ?? process.versions.node,
    onnxruntime: packageVersion('onnxruntime-node'),
    sharp,
    canvas: packageVersion('@napi-rs/canvas'),
    ...(Object.assign({}, ...packages) as Record<string, string>),
  };
}

/** Where they are gone, a run that had them stops and says so, as for any other change. */
async function pythonParts(purpose: PythonPurpose): Promise<Readonly<Record<string, string>>> {
  const { findPython } = await import('../torch/python.js');
  const found = await findPython(purpose);
  const parts = found.path === null ? { python: `none (${found.reason})` } : found.versions;
  if (purpose === 'torch-engine') return parts;
  return Object.fromEntries(Object.entries(parts).map(([name, version]) => [`${purpose}: ${name}`, version]));
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
