import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { TorchPolicy } from '../../domain/curriculum.js';
import type { CheckpointRef } from '../../domain/refs.js';
import { exportCheckpoint } from '../torch/export.js';
import { requirePython } from '../torch/python.js';
import { CARD_FILE, exportPlace, writeExport } from './export-folder.js';
import type { PolicyOrigin } from './policy-card.js';
import { PROMPT_FILE, torchCard } from './torch-card.js';

export interface TorchExport {
  readonly origin: PolicyOrigin;
  readonly policy: TorchPolicy;
  readonly checkpoint: CheckpointRef;
  /** The bytes of the checkpoint's weights file. */
  readonly weights: () => Promise<Uint8Array>;
}

export interface ExportOptions {
  /** What the Python process writes goes to the end of this file. */
  readonly logFile: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * A policy of the torch engine as a folder that other programs load: a LoRA in PEFT's form, a full model in transformers',
 * with a card, the prompt that it was trained with, and `ruminate.json`, which says where it comes from and names the
 * files. It is there whole or not at all. An earlier export is replaced; anything else is not.
 * @returns the folder, and the first file with weights in it
 */
export async function writeTorchFolder(
  folder: string,
  { origin, policy, checkpoint, weights }: TorchExport,
  { logFile, ...options }: ExportOptions,
): Promise<{ readonly folder: string; readonly file: string }> {
  const place = await exportPlace(folder, earlierExport);
  const { path: python } = await requirePython('torch-engine');
  const { sha256, bytes } = checkpoint.weights;
  await mkdir(dirname(logFile), { recursive: true });
  const file = await writeExport(place, async (part) => {
    const path = join(part, CHECKPOINT_FILE);
    await writeFile(path, await weights());
    const { model, adapter, dtype } = policy;
    const { device } = origin.curriculum.compute;
    const asked = { model, adapter, dtype, device, weights: { path, sha256 }, folder: part, place };
    const exported = await exportCheckpoint(asked, { python, logFile }, options);
    await rm(path);
    await writeFile(join(part, PROMPT_FILE), stringify(policy.prompt));
    await writeFile(join(part, CARD_FILE), torchCard({ origin, policy, exported, place, sha256, bytes }));
    const { run, stage, version } = origin;
    const { maxLooks, maxTokens, view } = policy;
    const told: Told = {
      ...{ format: FORMAT, run, stage, step: version.step, sha256, base: exported.base },
      ...{ view, maxLooks, maxTokens },
      files: [...(await readdir(part)), ORIGIN_FILE],
    };
    await writeFile(join(part, ORIGIN_FILE), `${JSON.stringify(told, null, 2)}\n`);
    return exported.weights[0]!;
  });
  return { folder: place, file: join(place, file) };
}

const ORIGIN_FILE = 'ruminate.json';
const FORMAT = 'ruminate-torch-export-1';
/** Until it is written in its own form. */
const CHECKPOINT_FILE = 'checkpoint';

interface Told extends Pick<TorchPolicy, 'view' | 'maxLooks' | 'maxTokens'> {
  readonly format: typeof FORMAT;
  readonly run: string;
  readonly stage: string;
  readonly step: number;
  /** Of the checkpoint's weights file. */
  readonly sha256: string;
  readonly base: string;
  /** Names in this folder. */
  readonly files: readonly string[];
}

async function earlierExport(folder: string): Promise<readonly string[]> {
  try {
    const told = JSON.parse(await readFile(join(folder, ORIGIN_FILE), 'utf8')) as Told | null;
    return told?.format === FORMAT ? told.files : [];
  } catch {
    return [];
  }
}
