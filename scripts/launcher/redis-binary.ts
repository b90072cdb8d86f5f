import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  canFetchDebianPackages,
  fetchDebianPackage,
  findProgram,
  libraryDirectories,
} from './debian-package.ts';
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
  if (!canFetchDebianPackages(path)) return undefined;
  onProgress?.('no Redis on PATH: fetching one with apt-get (without root, into this checkout only)');
  for (const { name, binary, server } of PACKAGES) {
    const fetched = await fetchDebianPackage(name, {
      to: join(cache, process.arch),
      signal,
      complete: async (root) => {
        if (!existsSync(join(root, 'usr/bin', binary))) return false;
        if (!existsSync(join(root, 'usr/bin', server))) await symlink(binary, join(root, 'usr/bin', server));
        return true;
      },
      isGood: async () => (await fromCache(cache, 'cache')) !== undefined,
    });
    if (fetched) return await fromCache(cache, 'fetched');
  }
  return undefined;
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
