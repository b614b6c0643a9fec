/** Servers that Ruminate needs beside Node, as their names appear in errors, caches and environment variables. */
export type BinaryName = 'temporal' | 'minio';

export interface BinarySpec {
  readonly title: string;
  /** Version of the pinned Go build; the same as in `infra/binaries/<name>/go.mod` (a test compares them). */
  readonly version: string;
  /** Folder of the tools module, relative to the repository's root, and the package it builds. */
  readonly module: string;
  readonly goPackage: string;
  /** Linker settings: strip symbols, and say the version that was pinned instead of "development". */
  readonly ldflags: string;
  readonly envVariable: string;
  /** Its own `--version` answer; anything else under that name is another program. */
  readonly versionLine: RegExp;
  readonly packageHint: string;
}

const TEMPORAL_VERSION = '1.8.2';
const MINIO_VERSION = '0.0.0-20260212201848-7aac2a2c5b7c';

export const BINARIES: Readonly<Record<BinaryName, BinarySpec>> = {
  temporal: {
    title: 'Temporal CLI',
    version: TEMPORAL_VERSION,
    module: 'infra/binaries/temporal',
    goPackage: 'github.com/temporalio/cli/cmd/temporal',
    ldflags: `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL_VERSION}`,
    envVariable: 'TEMPORAL_BIN',
    versionLine: /^temporal version (\S+)/i,
    packageHint: 'brew install temporal, or a package of your system',
  },
  minio: {
    title: 'MinIO',
    version: MINIO_VERSION,
    module: 'infra/binaries/minio',
    goPackage: 'github.com/minio/minio',
    ldflags: '-s -w',
    envVariable: 'MINIO_BIN',
    versionLine: /^\S+ version (\S+)[^]*MinIO/i,
    packageHint: 'brew install minio, or a package of your system',
  },
};

/** The oldest Node that everything here was tested on. */
export const MINIMUM_NODE = '20.20.0';
