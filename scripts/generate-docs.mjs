/**
 * Writes docs/reference/ from the code. Vite runs the sources, since Node's type stripping resolves neither our
 * aliases nor decorators.
 */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const { module } = await runnerImport(fileURLToPath(new URL('./docs/generate.ts', import.meta.url)), {
  root,
  configFile: false,
  logLevel: 'error',
  resolve: { alias: [{ find: /^@muxgate\/(.+)$/, replacement: `${root}libs/$1/src/index.ts` }] },
});
await module.generate(root);
