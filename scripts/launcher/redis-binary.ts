import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.ts';

export interface RedisBinary {
  command: string;
  /** Variables the binary needs to find its libraries. */
  env: Readonly<Record<string, string>>;
  source: 'path' | 'cache' | 'fetched';
}

export interface FindRedisOptions {
  /** Where to look for programs; the PATH of this process by default. */
  path?: string;
  /** Where a fetched binary is kept. */
  cacheDirectory?: string;
  onProgress?: (message: string) => void;
  signal?: AbortSignal | undefined;
}

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAMS = ['redis-server', 'valkey-server'] as const;
/** Debian keeps the server's code in the tools package: one binary that acts by the name it is called by. */
const PACKAGES = [
  { name: 'redis-tools', binary: 'redis-check-rdb', server: 'redis-server' },
  { name: 'valkey-tools', binary: 'valkey-check-rdb', server: 'valkey-server' },
] as const;

/** A Redis 6.2 or later: from PATH, else a copy fetched earlier, else fetched now without root; undefined if none can be had. */
export async function redisBinary(options: FindRedisOptions = {}): Promise<RedisBinary | undefined> {
  const path = options.path ?? process.env['PATH'] ?? '';
  const cache = options.cacheDirectory ?? join(CHECKOUT, 'node_modules/.cache/muxgate-redis');
  return (
    (await fromPath(path)) ?? (await fromCache(cache, 'cache')) ?? (await fetchWithApt(cache, path, options))
  );
}

/** One sentence for a person whose machine gave us no Redis. */
export function howToGetRedis(platform: NodeJS.Platform = process.platform): string {
  const command = platform === 'darwin' ? 'brew install redis' : 'sudo apt-get install redis-server';
  return `Install Redis 6.2 or later (for example "${command}"), or set REDIS_URL to one that runs.`;
}

async function fromPath(path: string): Promise<RedisBinary | undefined> {
  for (const program of PROGRAMS) {
    const command = findProgram(program, path);
    if (command && (await isUsable(command, {}))) return { command, env: {}, source: 'path' };
  }
  return undefined;
}

async function fromCache(cache: string, source: 'cache' | 'fetched'): Promise<RedisBinary | undefined> {
  // By architecture: a checkout may be shared with a container of another one.
  const root = join(cache, process.arch);
  for (const program of PROGRAMS) {
    const command = join(root, 'usr/bin', program);
    if (!existsSync(command)) continue;
    const libraries = await libraryDirectories(root);
    const env = libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(delimiter) } : {};
    if (await isUsable(command, env)) return { command, env, source };
  }
  return undefined;
}

async function fetchWithApt(
  cache: string,
  path: string,
  { onProgress, signal }: FindRedisOptions,
): Promise<RedisBinary | undefined> {
  if (process.platform !== 'linux' || !findProgram('apt-get', path) || !findProgram('dpkg', path))
    return undefined;
  onProgress?.('no Redis on PATH: fetching one with apt-get (without root, into this checkout only)');
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetch-'));
  try {
    for (const { name, binary, server } of PACKAGES) {
      const root = join(work, name);
      if (!(await downloadAndUnpack(name, root, signal))) continue;
      if (!existsSync(join(root, 'usr/bin', binary))) continue;
      if (!existsSync(join(root, 'usr/bin', server))) await symlink(binary, join(root, 'usr/bin', server));
      await install(root, join(cache, process.arch));
      return await fromCache(cache, 'fetched');
    }
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function downloadAndUnpack(name: string, root: string, signal?: AbortSignal): Promise<boolean> {
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
  const missing = await apt('install', '-y', '--no-install-recommends', '--print-uris', ...options, name);
  const libraries = debianPackages(missing.output).filter((other) => other !== name);
  if (libraries.length > 0) await apt('download', ...options, ...libraries);
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

async function install(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch {
    // There is one already. A process that fetched beside us made a good one; a broken one has to go.
    if (await fromCache(dirname(to), 'cache')) return;
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
  }
}

async function libraryDirectories(root: string): Promise<string[]> {
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

async function isUsable(command: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { code, output } = await runCommand(command, ['--version'], { env: { ...process.env, ...env } });
  return code === 0 && isRecentEnough(output);
}

/** `Redis server v=7.0.15 sha=…`: 6.2 or later. Valkey begins at 7.2. */
export function isRecentEnough(versionLine: string): boolean {
  const match = /\bv=(\d+)\.(\d+)/.exec(versionLine);
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 6 || (major === 6 && minor >= 2);
}

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
