import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';

export interface FetchOptions {
  /** Where the unpacked package and its libraries go. */
  readonly to: string;
  readonly signal?: AbortSignal | undefined;
  /** Fetches the packages it needs and this machine lacks; true by default. */
  readonly withDependencies?: boolean;
  /** Puts what was unpacked in order; false if what is wanted is not in it. */
  readonly complete: (root: string) => Promise<boolean>;
  /** Whether what is in `to` already can be used. */
  readonly isGood: () => Promise<boolean>;
}

export function canFetchDebianPackages(path: string): boolean {
  return (
    process.platform === 'linux' &&
    findProgram('apt-get', path) !== undefined &&
    findProgram('dpkg', path) !== undefined
  );
}

/** Unpacks a Debian package and the libraries that this machine lacks, without root; false if it cannot be had. */
export async function fetchDebianPackage(
  name: string,
  { to, signal, withDependencies = true, complete, isGood }: FetchOptions,
): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true });
  const work = await mkdtemp(join(dirname(to), 'fetch-'));
  try {
    const root = join(work, name);
    if (!(await downloadAndUnpack(name, root, withDependencies, signal)) || !(await complete(root)))
      return false;
    await install(root, to, isGood);
    return true;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function downloadAndUnpack(
  name: string,
  root: string,
  withDependencies: boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  const downloads = join(root, 'download');
  await mkdir(downloads, { recursive: true });
  const apt = (...args: string[]) =>
    runCommand('apt-get', args, { cwd: downloads, signal, env: { ...process.env, LC_ALL: 'C' } });
  let options: string[] = [];
  if ((await apt('download', name)).code !== 0) {
    // Images often ship without package lists, and only root may fill the system's: use lists of our own.
    options = [`Dir::State::lists=${join(root, 'lists')}`, `Dir::Cache=${join(root, 'cache')}`].flatMap(
      (o) => ['-o', o],
    );
    await mkdir(join(root, 'lists/partial'), { recursive: true });
    await mkdir(join(root, 'cache/archives/partial'), { recursive: true });
    await apt('update', ...options);
    if ((await apt('download', ...options, name)).code !== 0) return false;
  }
  if (withDependencies) {
    const missing = await apt('install', '-y', '--no-install-recommends', '--print-uris', ...options, name);
    const libraries = debianPackages(missing.output).filter((other) => other !== name);
    if (libraries.length > 0) await apt('download', ...options, ...libraries);
  }
  for (const file of await readdir(downloads)) {
    if (!file.endsWith('.deb')) continue;
    if ((await runCommand('dpkg', ['-x', join(downloads, file), root], { signal })).code !== 0) return false;
  }
  for (const used of ['download', 'lists', 'cache'])
    await rm(join(root, used), { recursive: true, force: true });
  return true;
}

/** Package names in `apt-get --print-uris` output: lines of `'url' name_version_arch.deb size hash`. */
export function debianPackages(output: string): string[] {
  return [...output.matchAll(/^'[^']+' ([a-z0-9][a-z0-9+.-]*)_\S+\.deb /gm)].map((match) => match[1] ?? '');
}

async function install(from: string, to: string, isGood: () => Promise<boolean>): Promise<void> {
  try {
    await rename(from, to);
  } catch {
    // There is one already. A process that fetched beside us made a good one; a broken one has to go.
    if (await isGood()) return;
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
  }
}

/** Where the libraries of an unpacked package are. */
export async function libraryDirectories(root: string): Promise<string[]> {
  const directories: string[] = [];
  for (const base of ['usr/lib', 'lib'].map((part) => join(root, part))) {
    if (!existsSync(base)) continue;
    directories.push(base);
    for (const name of await readdir(base)) {
      const candidate = join(base, name);
      if ((await stat(candidate)).isDirectory()) directories.push(candidate);
    }
  }
  return directories;
}

/** The first of this name on a PATH that may be run. */
export function findProgram(name: string, path: string): string | undefined {
  for (const directory of path.split(delimiter)) {
    if (!directory) continue;
    const candidate = join(directory, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}
