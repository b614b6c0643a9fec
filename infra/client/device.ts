import type { Curriculum } from '../../domain/curriculum.js';

/**
 * Refuses a device, and for the torch engine a Python or a model, that cannot be used on this machine: asked before a run
 * starts, because its first engine is made only minutes later, when the data is there. The workers run here, and ask again.
 */
export async function refuseAbsentDevice({
  policy,
  compute,
}: Pick<Curriculum, 'policy' | 'compute'>): Promise<void> {
  const { device } = compute;
  if (policy.engine === 'torch') {
    const { refuseAbsentModel } = await import('../torch/preflight.js');
    return refuseAbsentModel(policy, compute);
  }
  // The CPU needs no asking, and onnxruntime is slow to load.
  if (device === 'cpu') return;
  const { requireDevice } = await import('../../engine/devices.js');
  await requireDevice(device);
}

export async function cudaProblem(): Promise<{ readonly what: string; readonly todo: string } | null> {
  return (await import('../../engine/devices.js')).cudaProblem();
}
