import { once } from 'node:events';
import { guardedSpawn, type GuardedChild } from '../../scripts/launcher/guarded-spawn.ts';
import { freePort } from '../../scripts/launcher/ports.ts';
import { howToGetRedis, redisBinary, type RedisBinary } from '../../scripts/launcher/redis-binary.ts';
import {
  redisAnswers,
  redisArguments,
  type RedisServerSettings,
} from '../../scripts/launcher/redis-server.ts';
import { registerTeardown } from './teardown.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface RedisOptions {
  /** Keep an append-only file; off by default. */
  appendonly?: boolean;
  /** Data directory; a temporary one by default. */
  dir?: string;
  /** A free port by default. */
  port?: number;
  /** Further arguments, such as `['--appendfsync', 'always']`. */
  args?: readonly string[];
  /** A sentinel's configuration: runs a sentinel of it instead of a server. */
  sentinelFile?: string;
}

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Of the process that runs now; another after a restart. */
  readonly pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** Starts again with the same port and directory, ending the old process first if it still runs. */
  restart(): Promise<void>;
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts a real Redis on loopback and resolves when it answers. It ends with the test that started it. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const binary = await redisBinary();
  if (!binary) throw new Error(`These tests need a real Redis and none could be had. ${howToGetRedis()}`);
  const directory = options.dir ?? (await temporaryDirectory());
  const settings = {
    directory,
    port: options.port ?? (await freePort()),
    appendonly: options.appendonly ?? false,
    args: options.args ?? [],
    sentinelFile: options.sentinelFile,
  };
  let child = await launch(binary, settings);
  const end = async (signal: NodeJS.Signals) => {
    const running = child;
    if (hasEnded(running)) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    running.kill('SIGCONT');
    await exited;
  };
  await registerTeardown(
    () => end('SIGKILL'),
    () => child.kill('SIGKILL'),
  );
  return {
    url: `redis://127.0.0.1:${settings.port}`,
    port: settings.port,
    dir: directory,
    get pid() {
      return child.pid;
    },
    kill: () => end('SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    restart: async () => {
      await end('SIGTERM');
      child = await launch(binary, settings);
    },
    stop: () => end('SIGTERM'),
  };
}

type LaunchSettings = RedisServerSettings & { sentinelFile: string | undefined };

async function launch(binary: RedisBinary, settings: LaunchSettings): Promise<GuardedChild> {
  const { sentinelFile } = settings;
  const args = sentinelFile === undefined ? redisArguments(settings) : [sentinelFile, '--sentinel'];
  const child = guardedSpawn(binary.command, args, {
    env: { ...process.env, ...binary.env },
  });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString('utf8')));
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  if (await redisAnswers(settings.port, 15_000, gone.signal)) return child;
  child.kill('SIGKILL');
  throw new Error(`Redis did not start on port ${settings.port}:\n${output.join('').slice(-2_000)}`);
}

function hasEnded(child: GuardedChild): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
