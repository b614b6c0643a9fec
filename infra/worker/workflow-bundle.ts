import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type Logger } from '@temporalio/worker';
import { projectRoot } from '../setup/paths.js';

/** Made at build time; used only where `STAMP_FILE` names the SDK that is installed. */
export const BUNDLE_FILE = join(projectRoot(), 'dist', 'workflow-bundle.js');
export const STAMP_FILE = join(projectRoot(), 'dist', 'workflow-bundle.json');

export interface BundleStamp {
  readonly sdk: string;
}

/** The workflows' entry beside us: TypeScript where we run from the sources, JavaScript in `dist/`. */
export function workflowsPath(): string {
  const base = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'workflows', 'index');
  return existsSync(`${base}.ts`) ? `${base}.ts` : `${base}.js`;
}

/** Workflow code must run in the very SDK that bundled it. */
export function sdkVersion(): string {
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as {
    version: string;
  };
  return version;
}

/** Bundles the workflows: about a second. */
export async function bundleWorkflows(logger: Logger = new DefaultLogger('WARN')): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath: workflowsPath(), logger });
  return code;
}

/** The bundle of the build, where it fits the installed SDK. */
export function prebuiltBundle(): { readonly codePath: string } | null {
  if (!existsSync(BUNDLE_FILE) || !existsSync(STAMP_FILE)) return null;
  const stamp = JSON.parse(readFileSync(STAMP_FILE, 'utf8')) as BundleStamp;
  return stamp.sdk === sdkVersion() ? { codePath: BUNDLE_FILE } : null;
}
