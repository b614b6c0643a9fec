import type { ComputeConfig } from '../../domain/curriculum.js';

/**
 * What keeps a device from being used on this machine: asked before a run starts, because its first engine is made
 * only minutes later, when the data is there. The workers run here, and ask again.
 */
export async function refuseAbsentDevice({ device }: Pick<ComputeConfig, 'device'>): Promise<void> {
  // The CPU needs no asking, and onnxruntime is slow to load.
  if (device === 'cpu') return;
  const { requireDevice } = await import('../../engine/devices.js');
  await requireDevice(device);
}

export async function cudaProblem(): Promise<{ readonly what: string; readonly todo: string } | null> {
  return (await import('../../engine/devices.js')).cudaProblem();
}
