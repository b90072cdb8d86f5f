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

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'unit',
          include: ['{services,libs,scripts,examples}/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
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
          fileParallelism: false,
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
          fileParallelism: false,
          retry: RETRIES_OF_PROCESSES,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
