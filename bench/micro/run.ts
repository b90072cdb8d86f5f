/** Runs the micro benchmark from source: Vite resolves what Node's type stripping does not (aliases, decorators). */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
await runnerImport(fileURLToPath(new URL('./body-scan.ts', import.meta.url)), {
  root,
  configFile: false,
  resolve: { alias: [{ find: /^@muxgate\/(.+)$/, replacement: `${root}libs/$1/src/index.ts` }] },
});
