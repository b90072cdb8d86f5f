/** One environment variable of `npm start`: what --help prints and what settings.ts reads. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly fallback?: string;
  /** Also read from the file that NAME_FILE names. */
  readonly secret?: boolean;
}

export const VARIABLES: readonly Variable[] = [
  {
    name: 'GATEWAY_PORT',
    fallback: '8080',
    meaning: 'port of the gateway; 0 takes a free one, here and below',
  },
  { name: 'AUTH_PORT', fallback: '8081', meaning: 'port of the auth service' },
  { name: 'GATEWAY_MANAGEMENT_PORT', fallback: '9080', meaning: 'health and metrics of the gateway' },
  { name: 'AUTH_MANAGEMENT_PORT', fallback: '9081', meaning: 'health and metrics of the auth service' },
  { name: 'WORKER_MANAGEMENT_PORT', fallback: '9082', meaning: 'health and metrics of the worker' },
  { name: 'SANDBOX_PORT', fallback: '0', meaning: 'port of the sandbox vendor, health included' },
  {
    name: 'SANDBOX_ACCESS_TOKEN_SECONDS',
    fallback: '60',
    meaning: "life of the sandbox vendor's access tokens",
  },
  { name: 'HOST', fallback: '127.0.0.1', meaning: 'address on which gateway and auth listen' },
  { name: 'PUBLIC_URL', meaning: 'the auth service as browsers see it; http://127.0.0.1:AUTH_PORT' },
  { name: 'MUXGATE_CONFIG', fallback: 'config/muxgate.yaml', meaning: 'the configuration file' },
  { name: 'MUXGATE_DATA_DIR', fallback: '.muxgate', meaning: 'generated keys, tokens and Redis data' },
  { name: 'MUXGATE_SANDBOX', fallback: 'on', meaning: 'on or off: whether the sandbox vendor is started' },
  { name: 'MUXGATE_ADMIN_TOKEN', secret: true, meaning: 'the admin token to use; generated' },
  { name: 'MUXGATE_CLIENT_KEY', secret: true, meaning: 'the client key to use; generated' },
  { name: 'MUXGATE_ADMIN_TOKENS', secret: true, meaning: 'further admin tokens: name:role:sha256-hex,…' },
  { name: 'MUXGATE_ACCESS_KEYS', secret: true, meaning: 'key ring that seals access tokens; generated' },
  { name: 'MUXGATE_REFRESH_KEYS', secret: true, meaning: 'key ring that seals refresh tokens; generated' },
  { name: 'REDIS_URL', secret: true, meaning: 'a Redis to use instead of starting one' },
  { name: 'REDIS_SENTINELS', meaning: 'host:port,… of Redis Sentinel, with REDIS_SENTINEL_MASTER' },
  { name: 'REDIS_SENTINEL_MASTER', meaning: 'the name of the master at the Sentinels' },
  { name: 'REDIS_CLUSTER', meaning: 'host:port,… of a Redis Cluster' },
  { name: 'REDIS_USERNAME', meaning: 'user at Redis' },
  { name: 'REDIS_PASSWORD', secret: true, meaning: 'password at Redis' },
  { name: 'LOG_LEVEL', fallback: 'warn', meaning: 'trace, debug, info, warn, error or fatal' },
];

export function helpText(): string {
  const width = Math.max(...VARIABLES.map(({ name }) => name.length));
  const lines = VARIABLES.map(
    ({ name, meaning, fallback }) =>
      `  ${name.padEnd(width)}  ${meaning}${fallback === undefined ? '' : ` (${fallback})`}`,
  );
  return [
    'npm start: builds Muxgate and runs it on this machine: Redis, worker, auth, gateway and a sandbox vendor.',
    '',
    'Environment (defaults in brackets; secrets also as NAME_FILE):',
    ...lines,
    '',
  ].join('\n');
}
