import { join } from 'node:path';
import { allocatorEnvironment } from '../../services/allocator.js';
import { compiled } from '../../services/workers.js';
import { projectRoot } from '../../setup/paths.js';
import { Child } from '../child.js';
import type { Contestant } from '../turns.js';

const READY_WITHIN_MS = 120_000;
/** A compiler that takes longer has failed for this purpose. */
const COMPILED_WITHIN_MS = 300_000;

/** All processes of one run. */
export class Contestants {
  readonly ours: Child;
  /** PyTorch eager. */
  readonly eager: readonly Contestant[];
  /** Eager with Muon in either precision. */
  readonly muon: readonly Contestant[];
  readonly compiled: readonly Contestant[];
  readonly #children: Child[] = [];

  /** @param python with torch, or null where there is none; `scratch` takes what torch.compile makes */
  constructor(
    python: string | null,
    {
      threads,
      compile,
      scratch,
    }: { readonly threads: number; readonly compile: boolean; readonly scratch: string },
  ) {
    const start = (name: string, command: string, args: readonly string[], more: object): Child => {
      const threading = { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) };
      const child = new Child(name, command, args, { ...process.env, ...threading, ...more });
      this.#children.push(child);
      return child;
    };
    const heap = allocatorEnvironment();
    this.ours = start('ours', process.execPath, [compiled('infra/bench/engine/ours-main.js')], heap);
    const torch = (name: string, more: object): Contestant[] => {
      if (python === null) return [];
      const child = start(
        name,
        python,
        ['-u', join(projectRoot(), 'infra/bench/engine/torch_side.py')],
        more,
      );
      return [{ name, child, variant: null, apart: false, readyWithinMs: READY_WITHIN_MS }];
    };
    // PyTorch may have the same heap; if it does better without, that counts.
    this.eager = [
      ...torch('PyTorch', {}),
      ...(Object.keys(heap).length > 0 ? torch('PyTorch, warm heap', heap) : []),
    ];
    this.muon = this.eager.flatMap((one) => [
      { ...one, name: `${one.name}, torch.optim.Muon` },
      { ...one, name: `${one.name}, float32 Muon`, variant: 'float32 muon' },
    ]);
    const cache = { TORCHINDUCTOR_CACHE_DIR: join(scratch, 'inductor') };
    this.compiled = (compile ? torch('torch.compile', { ...heap, ...cache }) : []).map((one) => ({
      ...one,
      variant: 'compiled',
      apart: true,
      readyWithinMs: COMPILED_WITHIN_MS,
    }));
  }

  kill(): void {
    for (const child of this.#children) child.kill();
  }
}
