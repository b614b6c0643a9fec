import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { BUNDLE_FILE, bundleWorkflows, sdkVersion, STAMP_FILE, type BundleStamp } from './workflow-bundle.js';

/** Run by the build. The stamp goes first and comes last, so that a half-written bundle is never used. */
rmSync(STAMP_FILE, { force: true });
const temporary = `${BUNDLE_FILE}.${process.pid}`;
writeFileSync(temporary, await bundleWorkflows());
renameSync(temporary, BUNDLE_FILE);
const stamp: BundleStamp = { sdk: sdkVersion() };
writeFileSync(STAMP_FILE, JSON.stringify(stamp));
