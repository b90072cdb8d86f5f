import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSandbox } from '../../scripts/launcher/connect-sandbox.ts';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import { guardedSpawn, type GuardedChild } from '../../scripts/launcher/guarded-spawn.ts';
import { onLines } from '../../scripts/launcher/log-lines.ts';
import { freePort } from '../../scripts/launcher/ports.ts';
import { isReadyWithin } from '../../scripts/launcher/readiness.ts';
import { serviceEnvironment, type ServiceName } from '../../scripts/launcher/service-environment.ts';
import { readSettings } from '../../scripts/launcher/settings.ts';
import type { TestNetwork } from './network.ts';
import type { TestRedis } from './redis.ts';
import { defaultRedisKind, startRedisOf } from './redis-kinds.ts';
import { registerTeardown } from './teardown.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface ServiceProcess {
  readonly name: ServiceName;
  /** The process that runs now; another after a restart. */
  readonly child: GuardedChild;
  readonly url: string;
  readonly managementUrl: string;
  /** Every line it wrote to stdout and stderr, over restarts. */
  readonly logs: string[];
  /** Sends a signal and, unless it is SIGSTOP or SIGCONT, resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again with the same environment and ports, and waits until it is ready. */
  restart(): Promise<void>;
  waitReady(timeoutMs?: number): Promise<void>;
}

/** Starts a service from the build, with this environment and no more, on free ports where none are given. */
export async function startService(
  name: ServiceName,
  given: NodeJS.ProcessEnv,
  network?: TestNetwork,
): Promise<ServiceProcess> {
  const main = join(ROOT, `dist/services/${name}/src/main.js`);
  if (!existsSync(main)) throw new Error(`${main} is missing; these tests run the build: npm run build`);
  const port = given['PORT'] ?? String(await freePort());
  // The vendor is none of ours: it has no second port, its health is beside its API.
  const managementPort = name === 'sandbox' ? port : (given['MANAGEMENT_PORT'] ?? String(await freePort()));
  const env = {
    PATH: process.env['PATH'],
    HOST: '127.0.0.1',
    ...given,
    ...(network === undefined ? {} : { HOST: network.address }),
    PORT: port,
    MANAGEMENT_PORT: managementPort,
  };
  const host = network?.address ?? '127.0.0.1';
  const program = [process.execPath, main] as const;
  const [command, ...args] = network === undefined ? program : ([...network.within, ...program] as const);
  const logs: string[] = [];
  const launch = (): GuardedChild => {
    const started = guardedSpawn(command, args, { cwd: ROOT, env });
    onLines(started.stdout, (line) => logs.push(line));
    onLines(started.stderr, (line) => logs.push(line));
    return started;
  };
  let child = launch();
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    if (running.exitCode !== null || running.signalCode !== null) return running.exitCode;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
    return running.exitCode;
  };
  const managementUrl = `http://${host}:${managementPort}`;
  const waitReady = async (timeoutMs = 20_000) => {
    const gone = new AbortController();
    const waitingFor = child;
    const onExit = () => gone.abort();
    waitingFor.once('exit', onExit);
    const ready = await isReadyWithin(`${managementUrl}/readyz`, timeoutMs, gone.signal);
    waitingFor.removeListener('exit', onExit);
    if (!ready) throw new Error(`${name} did not become ready:\n${logs.slice(-30).join('\n')}`);
  };
  await registerTeardown(
    async () => void (await end('SIGKILL')),
    () => child.kill('SIGKILL'),
  );
  return {
    name,
    get child() {
      return child;
    },
    url: `http://${host}:${port}`,
    managementUrl,
    logs,
    kill: async (signal) => {
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') child.kill(signal);
      else await end(signal);
    },
    stop: () => end('SIGTERM'),
    restart: async () => {
      await end('SIGTERM');
      child = launch();
      await waitReady();
    },
    waitReady,
  };
}

/** One server by its URL, or several by the variables that name them (Sentinel, Cluster). */
export type StackRedis =
  TestRedis | { readonly url: string } | { readonly env: Readonly<Record<string, string>> };

export interface StackOptions {
  /** Text of the configuration file; the one of npm start by default. It may refer to ${MUXGATE_SANDBOX_URL}. */
  config?: string;
  /** Life of the sandbox vendor's access tokens; 60. */
  tokenSeconds?: number;
  /** A Redis of the test's own, or the URL of a proxy before one; a fresh one of the default kind otherwise. */
  redis?: StackRedis;
  /** Further environment, by service. */
  env?: Partial<Record<ServiceName, Record<string, string>>>;
  /** False leaves the sandbox credential unconnected; true by default. */
  connect?: boolean;
  /** Networks of their own, by service, that can be cut off. */
  networks?: Partial<Record<ServiceName, TestNetwork>>;
  /** The sandbox vendor as the services reach it, when a proxy stands before it: given the real port. */
  sandboxUrl?: (port: number) => Promise<string>;
}

export interface RunningStack {
  readonly redis: StackRedis;
  readonly sandbox: ServiceProcess;
  readonly auth: ServiceProcess;
  readonly worker: ServiceProcess;
  readonly gateway: ServiceProcess;
  readonly adminToken: string;
  readonly clientKey: string;
  /** What seals the tokens, for tests that look for them in the open. */
  readonly keyRings: { readonly access: string; readonly refresh: string };
  /** One call to the auth service as the admin. */
  admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** Connects the sandbox credential again, through public REST. */
  connect(): Promise<void>;
  /** One more process of a service, beside the first, on ports of its own; ready. */
  another(name: ServiceName, env?: Record<string, string>): Promise<ServiceProcess>;
  stop(): Promise<void>;
}

/** Redis, sandbox vendor, auth, worker and gateway as processes, ready, with the sandbox credential connected. */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const redis = options.redis ?? (await startRedisOf(defaultRedisKind()));

  const secrets = {
    adminToken: 'mxa_test_admin_token_of_this_stack_only_0123',
    clientKey: 'mxg_testclientkeyofthisstackonly0123456789abcde',
    accessKeys: randomKeyRing(),
    refreshKeys: randomKeyRing(),
  };
  const asked = readSettings({
    MUXGATE_CONFIG: await configFile(options.config),
    MUXGATE_DATA_DIR: await temporaryDirectory(),
    SANDBOX_ACCESS_TOKEN_SECONDS: String(options.tokenSeconds ?? 60),
    LOG_LEVEL: 'info',
  });
  if (asked.problems.length > 0) throw new Error(asked.problems.join('\n'));
  const ports = Object.fromEntries(
    await Promise.all(Object.keys(asked.settings.ports).map(async (name) => [name, await freePort()])),
  ) as typeof asked.settings.ports;
  const deployment = {
    settings: { ...asked.settings, ports },
    secrets,
    publicUrl: `http://127.0.0.1:${ports.auth}`,
    redis: 'env' in redis ? redis.env : { REDIS_URL: redis.url },
  };
  const sandboxUrl = await options.sandboxUrl?.(ports.sandbox);
  const environment = (name: ServiceName): NodeJS.ProcessEnv => ({
    ...serviceEnvironment(name, deployment, { PATH: process.env['PATH'] }),
    ...(sandboxUrl && name !== 'sandbox' ? { MUXGATE_SANDBOX_URL: sandboxUrl } : {}),
    ...(sandboxUrl && name === 'sandbox' ? { SANDBOX_PUBLIC_URL: sandboxUrl } : {}),
    ...options.env?.[name],
  });
  const launch = (name: ServiceName) => startService(name, environment(name), options.networks?.[name]);
  const sandbox = await launch('sandbox');
  const auth = await launch('auth');
  const worker = await launch('worker');
  const gateway = await launch('gateway');
  const services = [gateway, auth, worker, sandbox];
  await Promise.all(services.map((service) => service.waitReady()));
  const connect = async () => {
    await connectSandbox({ authUrl: auth.url, adminToken: secrets.adminToken });
  };
  if (options.connect ?? true) await connect();
  return {
    redis,
    sandbox,
    auth,
    worker,
    gateway,
    adminToken: secrets.adminToken,
    clientKey: secrets.clientKey,
    keyRings: { access: secrets.accessKeys, refresh: secrets.refreshKeys },
    admin: (method, path, body) =>
      callAuth(auth, { authorization: `Bearer ${secrets.adminToken}` }, method, path, body),
    connect,
    another: async (name, env = {}) => {
      const { PORT: _port, MANAGEMENT_PORT: _managementPort, ...given } = environment(name);
      const service = await startService(name, { ...given, ...env });
      services.unshift(service);
      await service.waitReady();
      return service;
    },
    stop: async () => {
      for (const service of services) await service.stop();
    },
  };
}

/** One call to an auth service, by whoever these headers say. */
export async function callAuth(
  { url }: Pick<ServiceProcess, 'url'>,
  headers: Readonly<Record<string, string>>,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

async function configFile(text: string | undefined): Promise<string> {
  if (text === undefined) return join(ROOT, 'config/muxgate.yaml');
  const file = join(await temporaryDirectory(), 'muxgate.yaml');
  await writeFile(file, text);
  return file;
}
