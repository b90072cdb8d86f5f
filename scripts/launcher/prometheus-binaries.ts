import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canFetchDebianPackages, fetchDebianPackage, findProgram } from './debian-package.ts';

/** Paths of the two programs of one installation. */
export interface PrometheusBinaries {
  readonly prometheus: string;
  readonly promtool: string;
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/muxgate-prometheus', import.meta.url));

/** From PATH, else a copy fetched earlier, else fetched now without root; undefined if none can be had. */
export async function prometheusBinaries(
  path: string = process.env['PATH'] ?? '',
  cache: string = CACHE,
): Promise<PrometheusBinaries | undefined> {
  const prometheus = findProgram('prometheus', path);
  const promtool = findProgram('promtool', path);
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  const root = join(cache, process.arch);
  const cached = fromDirectory(root);
  if (cached !== undefined || !canFetchDebianPackages(path)) return cached;
  await fetchDebianPackage('prometheus', {
    to: root,
    // what the package needs beside the C library is for its own web pages
    withDependencies: false,
    complete: (unpacked) => Promise.resolve(fromDirectory(unpacked) !== undefined),
    isGood: () => Promise.resolve(fromDirectory(root) !== undefined),
  });
  return fromDirectory(root);
}

function fromDirectory(root: string): PrometheusBinaries | undefined {
  const [prometheus, promtool] = [join(root, 'usr/bin/prometheus'), join(root, 'usr/bin/promtool')];
  return existsSync(prometheus) && existsSync(promtool) ? { prometheus, promtool } : undefined;
}
