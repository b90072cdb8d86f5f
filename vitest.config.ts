import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const alias = [
  {
    find: /^@muxgate\/(.+)$/,
    replacement: fileURLToPath(new URL('./libs/$1/src/index.ts', import.meta.url)),
  },
];
const shared = { environment: 'node' as const, setupFiles: ['test/support/setup.ts'] };

/** A gateway sheds load when the machine lets it wait for a second: on a busy one that is no fault. Retries are shown. */
const RETRIES_OF_PROCESSES = 1;

/** Vitest leaves one core free, which on two cores is one file at a time; most tests wait more than they work. */
const FILES_AT_ONCE = Math.max(2, availableParallelism() - 1);
/** Each is up to ten processes, which mostly wait for time to pass. */
const STACKS_AT_ONCE = 2;

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'unit',
          include: ['{services,libs,scripts,examples}/**/*.test.ts'],
          maxWorkers: FILES_AT_ONCE,
          testTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          maxWorkers: FILES_AT_ONCE,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/{e2e,chaos,image}/**/*.test.ts'],
          maxWorkers: STACKS_AT_ONCE,
          retry: RETRIES_OF_PROCESSES,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          maxWorkers: STACKS_AT_ONCE,
          retry: RETRIES_OF_PROCESSES,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
