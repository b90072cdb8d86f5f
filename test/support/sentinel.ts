import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../scripts/launcher/ports.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { registerTeardown } from './teardown.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { eventually } from './wait.ts';

const MASTER = 'muxgate';

export interface TestSentinel {
  /** `REDIS_SENTINELS` and `REDIS_SENTINEL_MASTER`, as services take them. */
  readonly env: Readonly<Record<string, string>>;
  readonly sentinels: readonly { host: string; port: number }[];
  readonly master: string;
  /** The server that the sentinels name as the master now. */
  masterNow(): Promise<TestRedis>;
  /** SIGKILL to the master; resolves when the sentinels have another that takes writes. The dead one comes back as a replica. */
  failOver(): Promise<void>;
}

/**
 * A master that died and is back before the sentinels have told it that another took over would take writes, and lose
 * them: without a replica of its own it refuses them. Deployments need the same two settings.
 */
const NO_SPLIT = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '2'];

/** A master, two replicas and three sentinels, all real processes, ready when the sentinels know all of them. */
export async function startSentinel(options: { args?: readonly string[] } = {}): Promise<TestSentinel> {
  const args = [...NO_SPLIT, ...(options.args ?? [])];
  const first = await startRedis({ appendonly: true, args });
  const replicaOf = ['--replicaof', `127.0.0.1 ${first.port}`];
  const replicas = await Promise.all(
    [1, 2].map(() => startRedis({ appendonly: true, args: [...args, ...replicaOf] })),
  );
  const servers = [first, ...replicas];
  const sentinels = await Promise.all([1, 2, 3].map(() => startOne(first.port)));
  const asking = new Redis({ host: '127.0.0.1', port: sentinels[0]?.port ?? 0, lazyConnect: true });
  asking.on('error', () => undefined);

  const masterPort = async (): Promise<number> => {
    const [, port] = (await asking.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER)) as [string, string];
    return Number(port);
  };
  const masterNow = async (): Promise<TestRedis> => {
    const port = await masterPort();
    const found = servers.find((server) => server.port === port);
    if (found === undefined) throw new Error(`the sentinels name an unknown master on port ${port}`);
    return found;
  };
  await eventually(async () => {
    const [fields] = (await asking.call('SENTINEL', 'MASTERS')) as string[][];
    const told = (name: string) => Number(fields?.[fields.indexOf(name) + 1]);
    return told('num-slaves') === 2 && told('num-other-sentinels') === 2;
  }, 60_000);
  await registerTeardown(
    () => Promise.resolve(asking.disconnect()),
    () => asking.disconnect(),
  );

  await takesWrites(first.port);

  return {
    env: {
      REDIS_SENTINELS: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(','),
      REDIS_SENTINEL_MASTER: MASTER,
    },
    sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    master: MASTER,
    masterNow,
    failOver: async () => {
      const dead = await masterNow();
      await dead.kill();
      await eventually(async () => (await masterPort()) !== dead.port, 60_000, 100);
      await takesWrites((await masterNow()).port);
      await dead.restart(); // as the master it was, until the sentinels make it a replica
    },
  };
}

/** Resolves once enough replicas follow. */
async function takesWrites(port: number): Promise<void> {
  const redis = new Redis({ host: '127.0.0.1', port });
  redis.on('error', () => undefined);
  try {
    await eventually(() => redis.set('muxgate:test:probe', '1'), 60_000, 100);
  } finally {
    redis.disconnect();
  }
}

/** A sentinel is a Redis server with a file of its own that it keeps its mind in. */
async function startOne(masterPort: number): Promise<{ port: number }> {
  const dir = await temporaryDirectory();
  const port = await freePort();
  const file = join(dir, 'sentinel.conf');
  await writeFile(
    file,
    `port ${port}
bind 127.0.0.1
dir ${dir}
sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2
sentinel down-after-milliseconds ${MASTER} 1000
sentinel failover-timeout ${MASTER} 5000
sentinel parallel-syncs ${MASTER} 2
`,
  );
  return startRedis({ port, dir, sentinelFile: file });
}
