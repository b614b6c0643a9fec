import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/failures.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { parseArguments } from '../../domain/tools/validate.js';
import { resolveVideo } from '../video/resolve.js';
import type { NativePicture } from './native.js';
import { nativeOverview, nativePicture } from './native.js';

export interface ToolCommand {
  readonly tool: 'overview' | 'clip' | 'crop';
  readonly video: string;
  /** The call's arguments as JSON, in the protocol's form; not used by overview. */
  readonly argumentsJson?: string;
  /** Rate at which frames are numbered; 1 unless told. */
  readonly fps?: number;
  /** Folder for the pictures; made when it does not exist. */
  readonly out: string;
  readonly signal?: AbortSignal;
}

/** Files written, in order, and what a model would be told. `refused` says that the arguments were bad. */
export interface ToolCommandResult {
  readonly files: readonly string[];
  readonly observation: string;
  readonly refused: boolean;
}

/** Runs one tool by hand and writes its pictures as PNG. A video that cannot be read throws a DataFailure. */
export async function runToolCommand(command: ToolCommand): Promise<ToolCommandResult> {
  const { tool, video, out, fps = DEFAULT_PICTURES.fps, signal } = command;
  if (!(fps > 0 && fps <= 240))
    throw new UserError(`--fps: expected a rate above 0 and at most 240, got ${fps}`);
  const { reader } = await resolveVideo();
  if (tool === 'overview') {
    const pictures = await nativeOverview(reader, video, { ...DEFAULT_PICTURES, fps }, signal);
    return written(out, tool, pictures);
  }
  const parsed = parseArguments(tool, parseJson(command.argumentsJson));
  if (parsed.kind === 'refused') return { files: [], observation: parsed.reason, refused: true };
  const result = await nativePicture(reader, video, parsed.call, { fps }, signal);
  if (result.kind === 'refused') return { files: [], observation: result.reason, refused: true };
  return written(out, tool, result.pictures);
}

async function written(
  out: string,
  tool: ToolCommand['tool'],
  pictures: readonly NativePicture[],
): Promise<ToolCommandResult> {
  const files = pictures.map(({ frame }, index) =>
    path.join(out, `${two(index + 1)}-${tool}-frame-${frame}.png`),
  );
  try {
    await mkdir(out, { recursive: true });
    for (const [index, picture] of pictures.entries()) await writeFile(files[index] ?? out, picture.png);
  } catch (cause) {
    throw new UserError(
      `${out}: the pictures cannot be written here (${String(cause)})`,
      'Name another folder with --out.',
      {
        cause,
      },
    );
  }
  const frames = pictures.map(({ frame }) => frame).join(', ');
  return {
    files,
    observation: `${tool}: frame${pictures.length === 1 ? '' : 's'} ${frames}.`,
    refused: false,
  };
}

/** The value, or the text itself where it is no JSON: the refusal then shows it. */
function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function two(index: number): string {
  return String(index).padStart(2, '0');
}
