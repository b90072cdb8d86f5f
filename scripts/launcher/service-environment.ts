import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Secrets } from './data-dir.ts';
import type { Environment, Settings } from './settings.ts';
import { VARIABLES } from './variables.ts';

export const SERVICES = ['gateway', 'auth', 'worker', 'sandbox'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What is decided once and shared: ports are final here, `redis` names the Redis in use. */
export interface Deployment {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly publicUrl: string;
  readonly redis: Readonly<Record<string, string>>;
}

/** Variables each service gets, and no more: the gateway never sees what opens a refresh token. */
export function serviceEnvironment(
  service: ServiceName,
  { settings, secrets, publicUrl, redis }: Deployment,
  inherited: Environment,
): NodeJS.ProcessEnv {
  const { ports } = settings;
  const common = { ...inheritable(inherited), LOG_LEVEL: settings.logLevel };
  if (service === 'sandbox') {
    return {
      ...common,
      HOST: '127.0.0.1',
      PORT: String(ports.sandbox),
      SANDBOX_ACCESS_TOKEN_SECONDS: String(settings.sandboxTokenSeconds),
    };
  }
  const managementPort = {
    gateway: ports.gatewayManagement,
    auth: ports.authManagement,
    worker: ports.workerManagement,
  }[service];
  const shared = {
    ...common,
    ...redis,
    HOST: settings.host,
    MANAGEMENT_PORT: String(managementPort),
    MUXGATE_CONFIG: settings.configFile,
    MUXGATE_ACCESS_KEYS: secrets.accessKeys,
    MUXGATE_SANDBOX_URL: sandboxUrl(settings),
    PUBLIC_URL: publicUrl,
  };
  if (service === 'gateway')
    return {
      ...shared,
      PORT: String(ports.gateway),
      MUXGATE_SPOOL_DIR: join(settings.dataDirectory, 'usage'),
    };
  const withRefreshKeys = { ...shared, MUXGATE_REFRESH_KEYS: secrets.refreshKeys };
  if (service === 'worker')
    return { ...withRefreshKeys, MUXGATE_ESCROW_DIR: join(settings.dataDirectory, 'escrow') };
  return {
    ...withRefreshKeys,
    PORT: String(ports.auth),
    GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    MUXGATE_ADMIN_TOKENS: adminTokens(secrets.adminToken, settings.adminTokens),
    MUXGATE_LOCAL_CLIENT_KEY_HASH: sha256(secrets.clientKey),
  };
}

export function sandboxUrl({ ports }: Settings): string {
  return `http://127.0.0.1:${ports.sandbox}`;
}

/** What the configuration may refer to as ${NAME}: the environment without our own variables and npm's. */
export function inheritable(inherited: Environment): Record<string, string> {
  const ours = new Set(VARIABLES.flatMap(({ name }) => [name, `${name}_FILE`]));
  for (const name of ['PORT', 'MANAGEMENT_PORT']) ours.add(name);
  return Object.fromEntries(
    Object.entries(inherited).flatMap(([name, value]) =>
      value === undefined || ours.has(name) || name.startsWith('npm_') ? [] : [[name, value]],
    ),
  );
}

/** The token of this installation as an admin, beside those the user declared. */
function adminTokens(adminToken: string, declared: string | undefined): string {
  const entries = declared?.split(',') ?? [];
  const taken = new Set(entries.map((entry) => entry.slice(0, entry.indexOf(':'))));
  let name = 'npm-start';
  while (taken.has(name)) name += '-';
  return [...entries, `${name}:admin:${sha256(adminToken)}`].join(',');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
