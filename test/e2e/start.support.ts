import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, realpath, symlink } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onLines } from '../../scripts/launcher/log-lines.ts';
import { eventually } from '../support/wait.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.muxgate', 'coverage']);

/** A checkout without build or data, as a clone gives it; only the packages are shared to spare their installation. */
export async function copyCheckout(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'muxgate-start-')));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  for (const name of await readdir(ROOT)) {
    if (!LEFT_OUT.has(name)) await cp(join(ROOT, name), join(directory, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

/** The PATH of this machine as if no Redis were installed: directories that hold one are replaced by links to the rest. */
export async function pathWithoutRedis(scratch: string): Promise<string> {
  const directories = await Promise.all(
    (process.env['PATH'] ?? '').split(delimiter).map(async (directory, index) => {
      if (!['redis-server', 'valkey-server'].some((name) => existsSync(join(directory, name))))
        return directory;
      const shadow = join(scratch, `.bin-${index}`);
      await mkdir(shadow);
      for (const name of await readdir(directory)) {
        if (!/redis|valkey/.test(name)) await symlink(join(directory, name), join(shadow, name));
      }
      return shadow;
    }),
  );
  return directories.join(delimiter);
}

export interface NpmStart {
  readonly child: ChildProcess & { pid: number };
  readonly stdout: string[];
  /** stdout and stderr. */
  readonly lines: string[];
  readonly exit: Promise<number | null>;
}

const FREE_PORTS = {
  GATEWAY_PORT: '0',
  AUTH_PORT: '0',
  GATEWAY_MANAGEMENT_PORT: '0',
  AUTH_MANAGEMENT_PORT: '0',
  WORKER_MANAGEMENT_PORT: '0',
};

/** `npm start` in a session of its own, so that its process group can be signalled as a terminal does. */
export function npmStart(directory: string, env: Record<string, string>): NpmStart {
  const { PATH, HOME } = process.env;
  const child = spawn('npm', ['start'], {
    cwd: directory,
    env: { PATH, HOME, ...FREE_PORTS, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: string[] = [];
  const lines: string[] = [];
  onLines(child.stdout, (line) => void (stdout.push(line), lines.push(line)));
  onLines(child.stderr, (line) => void lines.push(line));
  const pid = child.pid ?? 0;
  process.once('exit', () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing left of it, as it should be.
    }
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child: Object.assign(child, { pid }), stdout, lines, exit };
}

/** Waits for the ready line and resolves to the URLs it names. */
export async function whenReady(
  start: NpmStart,
  timeoutMs = 90_000,
): Promise<{ gateway: string; auth: string }> {
  let ended = false;
  void start.exit.then(() => (ended = true));
  return await eventually(() => {
    const line = start.stdout.find((text) => text.startsWith('muxgate ready '));
    const match = /^muxgate ready gateway=(\S+) auth=(\S+)$/.exec(line ?? '');
    if (match?.[1] && match[2]) return { gateway: match[1], auth: match[2] };
    if (ended) return { gateway: '', auth: start.lines.join('\n') };
    throw new Error(`no ready line yet:\n${start.lines.slice(-30).join('\n')}`);
  }, timeoutMs);
}

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

async function processes(): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ewwo', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }] : [];
  });
}

/** The process of one part of a running `npm start` in this directory. */
export async function partPid(directory: string, part: string): Promise<number> {
  const all = await processes();
  const isProgram = ({ command }: ProcessEntry) => !command.startsWith('/bin/sh');
  const of = (name: string) =>
    all.find((entry) => isProgram(entry) && entry.command.includes(`${directory}/dist/services/${name}/`));
  if (part !== 'redis') return of(part)?.pid ?? 0;
  const launcher = (of('gateway') ?? of('auth'))?.parent;
  // Redis writes its own title, so it is known by its parent.
  const redis = all.find(
    (entry) =>
      isProgram(entry) && entry.parent === launcher && /redis-server|valkey-server/.test(entry.command),
  );
  return redis?.pid ?? 0;
}

/** Whatever still runs from this directory, and these processes if they do. */
export async function leftovers(directory: string, ...pids: number[]): Promise<ProcessEntry[]> {
  return (await processes()).filter(({ pid, command }) => command.includes(directory) || pids.includes(pid));
}
