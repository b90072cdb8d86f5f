import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigSnapshot } from '../../libs/config/src/index.ts';
import { buildIfStale } from './build.ts';
import { checkConfig, chooseExample } from './check-config.ts';
import type { AuthAccess } from './admin-call.ts';
import { connectSandbox } from './connect-sandbox.ts';
import { readSecrets, StartRefused, takeDataDirectory } from './data-dir.ts';
import { publishEndpoints, type Endpoints } from './endpoints.ts';
import type { Output } from './output.ts';
import { freePort, refusedPorts } from './ports.ts';
import { redisNotUp, redisProcess } from './redis-process.ts';
import { redisAnswers } from './redis-server.ts';
import {
  inheritable,
  sandboxUrl,
  serviceEnvironment,
  type Deployment,
  type ServiceName,
} from './service-environment.ts';
import { PORT_VARIABLES, readSettings, type Environment, type PortName, type Settings } from './settings.ts';
import { serviceSpec, Stack } from './stack.ts';
import { summaryLines, type ExampleRequest } from './summary.ts';

const EX_CONFIG = 78;
const REDIS_SECONDS = 30;
const READY_SECONDS = 60;
const CONNECT_SECONDS = 20;
const STOP_ORDER = ['gateway', 'auth', 'worker', 'sandbox', 'redis'];

/** Runs everything until `signal` aborts. Resolves to the exit code, with nothing left running. */
export async function launch(
  root: string,
  env: Environment,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const checked = await check(root, env, output, signal);
  if (signal.aborted) return 0;
  if ('exitCode' in checked) return checked.exitCode;
  const { settings, publicUrl, snapshot } = checked;
  const release = await takeDataDirectory(settings.dataDirectory);
  const stack = new Stack(output);
  let withdraw: (() => void) | undefined;
  try {
    const secrets = await readSecrets(settings.dataDirectory, given(settings));
    const redis = await startRedis(root, settings, stack, output, signal);
    const deployment = { settings, secrets, publicUrl, redis };
    const exitCode = await startServices(root, env, deployment, stack, output, signal);
    if (exitCode !== undefined) return exitCode;
    withdraw = await publishEndpoints(settings.dataDirectory, endpointsOf(settings));
    await greet(deployment, snapshot, output);
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  } finally {
    if (signal.aborted) output.say('stopping');
    withdraw?.();
    await stack.stop(STOP_ORDER);
    release();
  }
}

/** All that can be known to be wrong before anything is started. */
async function check(root: string, env: Environment, output: Output, signal: AbortSignal) {
  const { settings: asked, problems: environmentProblems } = readSettings(env);
  const { failed } = await buildIfStale(root, output.say, signal);
  if (signal.aborted) return { exitCode: 0 };
  if (failed) {
    output.log(`${failed}\nThe build failed; the compiler's output is above.`);
    return { exitCode: 1 };
  }
  const settings = {
    ...asked,
    ports: await finalPorts(asked.ports),
    configFile: resolve(root, asked.configFile),
    dataDirectory: resolve(root, asked.dataDirectory),
  };
  const publicUrl = settings.publicUrl ?? localUrl(settings.host, settings.ports.auth);
  const config = await checkConfig(root, settings.configFile, settings.host, {
    ...inheritable(env),
    PUBLIC_URL: publicUrl,
    MUXGATE_SANDBOX_URL: sandboxUrl(settings),
  });
  const problems = [...environmentProblems, ...('problems' in config ? config.problems : [])];
  if (problems.length > 0 || !('snapshot' in config)) {
    output.log(
      ['Muxgate cannot start with this configuration:', ...problems.map((p) => `  - ${p}`)].join('\n'),
    );
    return { exitCode: EX_CONFIG };
  }
  const refused = await refusedPorts(portsInUse(asked), settings.host);
  if (refused.length > 0) {
    output.log(refused.join('\n'));
    return { exitCode: 1 };
  }
  return { settings, publicUrl, snapshot: config.snapshot };
}

async function startRedis(
  root: string,
  settings: Settings,
  stack: Stack,
  output: Output,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  if (Object.keys(settings.redis).length > 0) return settings.redis;
  const { spec, port } = await redisProcess(root, settings.dataDirectory, output.say, signal);
  output.say('starting');
  stack.add(spec);
  if (!(await redisAnswers(port, REDIS_SECONDS * 1_000, signal))) {
    signal.throwIfAborted();
    throw redisNotUp(settings.dataDirectory, REDIS_SECONDS);
  }
  return { REDIS_URL: `redis://127.0.0.1:${port}` };
}

/** Resolves to an exit code when the start has to be given up, else to undefined with everything ready. */
async function startServices(
  root: string,
  env: Environment,
  deployment: Deployment,
  stack: Stack,
  output: Output,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { settings, secrets } = deployment;
  const { ports, host } = settings;
  const access = { authUrl: localUrl(host, ports.auth), adminToken: secrets.adminToken };
  const add = (name: ServiceName, url: string, onReadyAgain?: () => Promise<void>) =>
    stack.add(
      serviceSpec(root, name, serviceEnvironment(name, deployment, env)),
      `${url}/readyz`,
      onReadyAgain,
    );
  const connect = () => connectAndSay(access, output, signal);
  if (settings.sandbox) add('sandbox', sandboxUrl(settings), connect);
  add('worker', localUrl(host, ports.workerManagement));
  add('auth', localUrl(host, ports.authManagement));
  add('gateway', localUrl(host, ports.gatewayManagement));
  const notReady = await stack.whenReady(READY_SECONDS * 1_000, signal);
  if (signal.aborted) return 0;
  if (notReady?.reason === 'configuration') return EX_CONFIG;
  if (notReady) {
    throw new StartRefused(
      `Not ready within ${READY_SECONDS} s: ${notReady.names.join(', ')}; their own lines above say why.`,
    );
  }
  if (settings.sandbox) await connect();
  return undefined;
}

/** The vendor forgets everything when it ends, so its credential is connected anew whenever it has started. */
async function connectAndSay(access: AuthAccess, output: Output, signal: AbortSignal): Promise<void> {
  // Auth may just be on its way back itself.
  const deadline = Date.now() + CONNECT_SECONDS * 1_000;
  let fault = '';
  while (Date.now() < deadline && !signal.aborted) {
    try {
      if (await connectSandbox(access, { signal })) output.say('the sandbox credential is connected');
      return;
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
      await delay(250);
    }
  }
  if (!signal.aborted) output.log(`The sandbox credential could not be connected: ${fault}`);
}

function endpointsOf({ host, ports }: Settings): Endpoints {
  return { gateway: localUrl(host, ports.gateway), auth: localUrl(host, ports.auth) };
}

async function greet(
  { settings, secrets }: Deployment,
  snapshot: ConfigSnapshot,
  output: Output,
): Promise<void> {
  const { gateway: gatewayUrl, auth: authUrl } = endpointsOf(settings);
  const lines = summaryLines({
    gatewayUrl,
    authUrl,
    sandboxUrl: settings.sandbox ? sandboxUrl(settings) : undefined,
    adminToken: secrets.adminToken,
    clientKey: secrets.clientKey,
    example: await findExample(gatewayUrl, secrets.clientKey, snapshot),
  });
  for (const line of lines) output.print(line);
  output.print(`muxgate ready gateway=${gatewayUrl} auth=${authUrl}`);
}

/** Asks the gateway, as the one who pastes the line will; undefined when it names no model we know a surface for. */
async function findExample(
  gatewayUrl: string,
  clientKey: string,
  snapshot: ConfigSnapshot,
): Promise<ExampleRequest | undefined> {
  const headers = { authorization: `Bearer ${clientKey}` };
  // Ready or not a moment ago, it may be on its way back from a crash.
  const response = await fetch(`${gatewayUrl}/v1/models`, { headers }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const { data } = (await response.json()) as { data: { id: string }[] };
  const names = data.map(({ id }) => id);
  return chooseExample(names, snapshot);
}

function given({ adminToken, clientKey, accessKeys, refreshKeys }: Settings) {
  return Object.fromEntries(
    Object.entries({ adminToken, clientKey, accessKeys, refreshKeys }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

async function finalPorts(asked: Settings['ports']): Promise<Settings['ports']> {
  const final: Record<string, number> = {};
  for (const [name, port] of Object.entries(asked)) final[name] = port === 0 ? await freePort() : port;
  return final as unknown as Settings['ports'];
}

function portsInUse({ ports, sandbox }: Settings) {
  return (Object.entries(ports) as [PortName, number][])
    .filter(([name]) => sandbox || !name.startsWith('sandbox'))
    .map(([name, port]) => ({ port, variable: PORT_VARIABLES[name] }));
}

/** How this machine reaches a listener: an address that means "every interface" is loopback from here. */
function localUrl(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]', '::1': '[::1]' }[host] ?? host;
  return `http://${reachable}:${port}`;
}
