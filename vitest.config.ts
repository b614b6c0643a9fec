import { defineConfig } from 'vitest/config';

/** Two projects: quick tests side by side, then those that start real servers, one file at a time. */
export default defineConfig({
  test: {
    globalSetup: 'tests/support/decoder.ts',
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/servers/**', 'tests/**/fixtures/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['tests/servers/**/*.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 10 * 60_000,
          hookTimeout: 5 * 60_000,
          teardownTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
