/** Runs the micro benchmarks from source: Vite resolves what Node's type stripping does not (aliases, decorators). */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
for (const part of ['./body-scan.ts', './translation.ts']) {
  await runnerImport(fileURLToPath(new URL(part, import.meta.url)), {
    root,
    configFile: false,
    resolve: { alias: [{ find: /^@muxgate\/(.+)$/, replacement: `${root}libs/$1/src/index.ts` }] },
  });
}
