import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { guardedSpawn, type GuardedChild } from '../scripts/launcher/guarded-spawn.ts';
import { nodeFlags } from '../scripts/launcher/node-flags.ts';
import { freePort } from '../scripts/launcher/ports.ts';
import { redisBinary } from '../scripts/launcher/redis-binary.ts';
import { redisAnswers, redisArguments } from '../scripts/launcher/redis-server.ts';
import { runCommand } from '../scripts/launcher/run-command.ts';
import { childrenOf } from './process-stats.ts';

export interface Candidate {
  readonly name: string;
  readonly origin: string;
  /** Headers that this candidate wants beside the workload's. */
  readonly headers: Readonly<Record<string, string>>;
  /** The processes whose CPU and memory count. */
  readonly pids: readonly number[];
  /** Answers the heap in use after a full collection, where the candidate can tell. */
  readonly metricsUrl?: string;
}

/** Everything that one start of the benchmark runs. */
export interface Stand {
  /** The upstream without anything before it. */
  readonly direct: Candidate;
  /** The bare proxy first: it is the yardstick. */
  readonly candidates: readonly Candidate[];
  stop(): Promise<void>;
}

/** What to end when a stand is taken down. */
type Ends = (() => Promise<unknown>)[];

const root = fileURLToPath(new URL('..', import.meta.url));
const PROXY_CORE = '0';

export async function startStand(options: { traced: boolean }): Promise<Stand> {
  const ends: Ends = [];
  const upstream = await startUpstream(ends);
  const bare = await startBare(ends, upstream);
  const muxgate = await startMuxgate(ends, upstream, options);
  const nginx = await startNginx(ends, upstream);
  return {
    direct: { name: 'direct', origin: upstream, headers: {}, pids: [process.pid] },
    candidates: [bare, ...muxgate, ...(nginx === undefined ? [] : [nginx])],
    // what stands on another first
    stop: async () => {
      for (const end of ends.reverse()) await end();
    },
  };
}

/** Proxies share one core, the load generator and the upstream take the other, so that neither steals the other's time. */
async function pinned(
  ends: Ends,
  core: string,
  command: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<GuardedChild> {
  const options = { cwd: root, env: { ...process.env, ...env } };
  const taskset = await runCommand('taskset', ['-c', core, 'true']);
  const child =
    taskset.code === 0
      ? guardedSpawn('taskset', ['-c', core, command, ...args], options)
      : guardedSpawn(command, args, options);
  const ended = once(child, 'exit');
  ends.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  return child;
}

async function listeningPort(child: GuardedChild): Promise<number> {
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  for await (const [chunk] of eventsOf(child)) {
    text += chunk.toString();
    const port = /listening (\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`a part of the benchmark did not start: ${text}`);
}

async function* eventsOf(child: GuardedChild): AsyncGenerator<[Buffer]> {
  while (child.exitCode === null)
    yield (await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => [Buffer.alloc(0)]),
    ])) as [Buffer];
}

const script = (name: string): string => join(root, 'bench/parts', name);

async function startUpstream(ends: Ends): Promise<string> {
  const child = await pinned(ends, '1', process.execPath, ['--no-warnings', script('upstream.ts')]);
  return `http://127.0.0.1:${await listeningPort(child)}`;
}

async function startBare(ends: Ends, upstream: string): Promise<Candidate> {
  const key = 'bench-client-key';
  const child = await pinned(ends, PROXY_CORE, process.execPath, [
    '--no-warnings',
    script('bare-proxy.ts'),
    upstream,
    key,
  ]);
  const port = await listeningPort(child);
  return {
    name: 'bare undici proxy',
    origin: `http://127.0.0.1:${port}`,
    headers: { 'x-api-key': key },
    pids: [child.pid],
  };
}

/** undefined, with the reason printed, where nginx is not installed. */
async function startNginx(ends: Ends, upstream: string): Promise<Candidate | undefined> {
  if ((await runCommand('nginx', ['-v'])).code !== 0) {
    console.log('nginx is not installed: its column is left out (apt-get install nginx-light)');
    return undefined;
  }
  const directory = await mkdtemp(join(tmpdir(), 'muxgate-nginx-'));
  const port = await freePort();
  await writeFile(join(directory, 'nginx.conf'), nginxConfig(directory, port, upstream));
  const child = await pinned(ends, PROXY_CORE, 'nginx', [
    '-p',
    directory,
    '-c',
    join(directory, 'nginx.conf'),
  ]);
  child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
  await delay(500);
  return {
    name: 'nginx',
    origin: `http://127.0.0.1:${port}`,
    headers: {},
    pids: [child.pid, ...childrenOf(child.pid)],
  };
}

function nginxConfig(directory: string, port: number, upstream: string): string {
  return `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
user root;
events { worker_connections 4096; }
http {
  access_log off; client_max_body_size 64m; client_body_buffer_size 2m; keepalive_requests 1000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  upstream up { server ${new URL(upstream).host}; keepalive 256; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} reuseport;
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`;
}

/** Beyond what any run uses: it is counted, and never refuses. */
const PLENTY = {
  limits: { requestsPerMinute: 1e9, tokensPerMinute: 1e9, concurrentRequests: 1e9 },
  budget: { usd: 1e6, period: 'month', warnAtPercent: 80 },
} as const;

/**
 * The real gateway as built, with a real Redis and an API-key provider, as three candidates: for a client that nothing
 * limits, for one with every limit and a budget, and with limits and accounting taken out; as a fourth one, if asked for,
 * with every request traced.
 */
async function startMuxgate(
  ends: Ends,
  upstream: string,
  { traced }: { traced: boolean },
): Promise<readonly Candidate[]> {
  const directory = await mkdtemp(join(tmpdir(), 'muxgate-bench-'));
  const redisUrl = await startRedis(ends, directory);
  const accessKeys = `bench:${randomBytes(32).toString('base64')}`;
  const [key, limitedKey] = await createClientKeys(redisUrl, accessKeys);
  const config = join(directory, 'muxgate.yaml');
  await writeFile(config, benchConfig(upstream));
  const environment = {
    HOST: '127.0.0.1',
    REDIS_URL: redisUrl,
    MUXGATE_CONFIG: config,
    MUXGATE_ACCESS_KEYS: accessKeys,
    BENCH_UPSTREAM_KEY: 'upstream-key',
    LOG_LEVEL: 'warn',
  };
  const free = await startGateway(ends, 'muxgate', key, environment, []);
  const without = ['--no-warnings', '--import', script('nothing-accounted.ts')];
  return [
    free,
    { ...free, name: 'muxgate, limited', headers: { 'x-api-key': limitedKey } },
    await startGateway(ends, 'muxgate, nothing accounted', key, environment, without),
    ...(traced
      ? [await startGateway(ends, 'muxgate, traced', key, await tracedTo(ends, environment), [])]
      : []),
  ];
}

/** With a collector that takes traces and forgets them. */
async function tracedTo(ends: Ends, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const collector = `http://127.0.0.1:${port}`;
  return { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_BSP_SCHEDULE_DELAY: '500' };
}

async function startGateway(
  ends: Ends,
  name: string,
  key: string,
  environment: NodeJS.ProcessEnv,
  flags: readonly string[],
): Promise<Candidate> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const child = await pinned(
    ends,
    PROXY_CORE,
    process.execPath,
    [...nodeFlags('gateway'), ...flags, 'dist/services/gateway/src/main.js'],
    { ...environment, PORT: String(port), MANAGEMENT_PORT: String(managementPort) },
  );
  child.stdout.pipe(process.stderr);
  child.stderr.pipe(process.stderr);
  const management = `http://127.0.0.1:${managementPort}`;
  await untilReady(`${management}/readyz`, child);
  return {
    name,
    origin: `http://127.0.0.1:${port}`,
    headers: { 'x-api-key': key },
    pids: [child.pid],
    metricsUrl: `${management}/metrics`,
  };
}

async function startRedis(ends: Ends, directory: string): Promise<string> {
  const binary = await redisBinary();
  if (binary === undefined) throw new Error('the benchmark needs a redis-server');
  const port = await freePort();
  // beside the load: what it takes is not the proxy's
  await pinned(ends, '1', binary.command, redisArguments({ port, directory, appendonly: false }), binary.env);
  if (!(await redisAnswers(port, 10_000))) throw new Error('Redis did not start');
  return `redis://127.0.0.1:${port}`;
}

async function createClientKeys(
  redisUrl: string,
  accessKeys: string,
): Promise<readonly [free: string, limited: string]> {
  const { Redis } = await import('ioredis');
  const { ClientKeyStore } = await built<typeof import('../libs/clients/src/index.js')>('clients');
  const { KeyRing } = await built<typeof import('../libs/vault/src/index.js')>('vault');
  const redis = new Redis(redisUrl);
  try {
    const store = new ClientKeyStore(redis, KeyRing.parse(accessKeys));
    const free = await store.create({ name: 'bench' });
    const limited = await store.create({ name: 'limited', ...PLENTY });
    return [free.key, limited.key];
  } finally {
    redis.disconnect();
  }
}

async function built<T>(lib: string): Promise<T> {
  return (await import(join(root, `dist/libs/${lib}/src/index.js`))) as T;
}

function benchConfig(upstream: string): string {
  return `version: 1
providers:
  - name: bench
    protocol: anthropic-messages
    baseUrl: ${upstream}
    auth: { type: apiKey, value: "\${BENCH_UPSTREAM_KEY}" }
    allowPrivateNetwork: true
  - name: bench-events
    protocol: anthropic-messages
    baseUrl: ${upstream}
    auth: { type: apiKey, value: "\${BENCH_UPSTREAM_KEY}" }
    headers: { x-bench-events: '100' }
    allowPrivateNetwork: true
models:
  - name: bench-model
    targets: [{ provider: bench, model: bench-upstream-model }]
    pricing: { input: 3, output: 15 }
  - name: bench-translated
    targets: [{ provider: bench-events, model: bench-upstream-model }]
    pricing: { input: 3, output: 15 }
router: { default: bench-model }
`;
}

async function untilReady(url: string, child: GuardedChild): Promise<void> {
  for (let i = 0; i < 150; i += 1) {
    if (child.exitCode !== null) throw new Error('the gateway ended while starting; see its output above');
    const response = await fetch(url).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(100);
  }
  throw new Error('the gateway was not ready within 15 s');
}
