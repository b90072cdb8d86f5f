import { Redis } from 'ioredis';
import { freePort } from '../../scripts/launcher/ports.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { eventually } from './wait.ts';

const SLOTS = 16_384;
const MASTERS = 3;

export interface TestCluster {
  /** `REDIS_CLUSTER`, as services take it. */
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: readonly TestRedis[];
}

/** A Redis Cluster of three masters on loopback, each with a third of the slots, ready when all of them say so. */
export async function startCluster(): Promise<TestCluster> {
  const nodes = await Promise.all(Array.from({ length: MASTERS }, startNode));
  const clients = nodes.map(({ url }) => new Redis(url));
  const [first] = nodes;
  if (first === undefined) throw new Error('a cluster has nodes');
  try {
    for (const [index, client] of clients.entries()) {
      const from = Math.ceil((index * SLOTS) / MASTERS);
      const to = Math.ceil(((index + 1) * SLOTS) / MASTERS) - 1;
      await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const [index, client] of clients.entries())
      if (index > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', first.port, first.busPort);
    await eventually(async () => {
      const states = await Promise.all(clients.map((client) => client.cluster('INFO')));
      return states.every(
        (state) => state.includes('cluster_state:ok') && state.includes(`cluster_known_nodes:${MASTERS}`),
      );
    }, 60_000);
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    env: { REDIS_CLUSTER: nodes.map(({ port }) => `127.0.0.1:${port}`).join(',') },
    nodes,
  };
}

async function startNode(): Promise<TestRedis & { busPort: number }> {
  const busPort = await freePort();
  const args = [
    '--cluster-enabled',
    'yes',
    '--cluster-port',
    String(busPort),
    '--cluster-node-timeout',
    '2000',
  ];
  return Object.assign(await startRedis({ appendonly: true, args }), { busPort });
}
