import { readFileSync } from 'node:fs';
import { VARIABLES } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `npm start` was asked for. A port of 0 means any free one. */
export interface Settings {
  readonly ports: {
    readonly gateway: number;
    readonly auth: number;
    readonly sandbox: number;
    readonly gatewayManagement: number;
    readonly authManagement: number;
    readonly workerManagement: number;
  };
  readonly host: string;
  readonly publicUrl: string | undefined;
  readonly configFile: string;
  readonly dataDirectory: string;
  readonly sandbox: boolean;
  readonly sandboxTokenSeconds: number;
  readonly logLevel: string;
  readonly adminToken: string | undefined;
  readonly clientKey: string | undefined;
  readonly adminTokens: string | undefined;
  readonly accessKeys: string | undefined;
  readonly refreshKeys: string | undefined;
  /** The variables that name a Redis of the user's; empty when we are to start one. */
  readonly redis: Readonly<Record<string, string>>;
}

export type PortName = keyof Settings['ports'];

export const PORT_VARIABLES: Readonly<Record<PortName, string>> = {
  gateway: 'GATEWAY_PORT',
  auth: 'AUTH_PORT',
  sandbox: 'SANDBOX_PORT',
  gatewayManagement: 'GATEWAY_MANAGEMENT_PORT',
  authManagement: 'AUTH_MANAGEMENT_PORT',
  workerManagement: 'WORKER_MANAGEMENT_PORT',
};

const REDIS_VARIABLES = [
  'REDIS_URL',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_MASTER',
  'REDIS_CLUSTER',
  'REDIS_USERNAME',
  'REDIS_PASSWORD',
] as const;
const HOST_LIST = /^[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*$/;
const KEY_RING = /^[A-Za-z0-9._-]+:[A-Za-z0-9+/_-]{43}=?(,[A-Za-z0-9._-]+:[A-Za-z0-9+/_-]{43}=?)*$/;
const ADMIN_TOKENS =
  /^[^\s:,]+:(viewer|operator|admin):[0-9a-f]{64}(,[^\s:,]+:(viewer|operator|admin):[0-9a-f]{64})*$/i;

/** Reads every variable of `npm start`. All that is wrong is in `problems`, by variable; values are never repeated. */
export function readSettings(env: Environment): { settings: Settings; problems: readonly string[] } {
  const problems: string[] = [];
  const values = readVariables(env, problems);
  const text = (name: string) => values.get(name);
  const check = (name: string, rule: (value: string) => boolean, expected: string): string | undefined => {
    const value = values.get(name);
    if (value !== undefined && !rule(value)) problems.push(`${name}: must be ${expected}`);
    return value;
  };
  const whole = (name: string, least: number, most: number): number =>
    Number(
      check(
        name,
        (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
        `a whole number from ${least} to ${most}`,
      ),
    );
  const matching = (name: string, pattern: RegExp, expected: string) =>
    check(name, (value) => pattern.test(value), expected);
  const headerSafe = (name: string) =>
    matching(name, /^[\x21-\x7e]+$/, 'printable ASCII without blanks, since it travels in a header');

  const ports = Object.fromEntries(
    Object.entries(PORT_VARIABLES).map(([port, name]) => [port, whole(name, 0, 65_535)]),
  ) as unknown as Settings['ports'];
  reportTwins(ports, problems);
  const settings: Settings = {
    ports,
    host: text('HOST') ?? '127.0.0.1',
    publicUrl: check('PUBLIC_URL', isWebUrl, 'an http:// or https:// URL')?.replace(/\/+$/, ''),
    configFile: text('MUXGATE_CONFIG') ?? '',
    dataDirectory: text('MUXGATE_DATA_DIR') ?? '',
    sandbox: matching('MUXGATE_SANDBOX', /^(on|off)$/, 'on or off') === 'on',
    sandboxTokenSeconds: whole('SANDBOX_ACCESS_TOKEN_SECONDS', 1, 86_400),
    logLevel:
      matching(
        'LOG_LEVEL',
        /^(trace|debug|info|warn|error|fatal)$/,
        'trace, debug, info, warn, error or fatal',
      ) ?? '',
    adminToken: headerSafe('MUXGATE_ADMIN_TOKEN'),
    clientKey: headerSafe('MUXGATE_CLIENT_KEY'),
    adminTokens: matching(
      'MUXGATE_ADMIN_TOKENS',
      ADMIN_TOKENS,
      'name:role:sha256-hex-of-token,… with role viewer, operator or admin',
    ),
    accessKeys: matching('MUXGATE_ACCESS_KEYS', KEY_RING, 'kid:base64-of-32-bytes,…'),
    refreshKeys: matching('MUXGATE_REFRESH_KEYS', KEY_RING, 'kid:base64-of-32-bytes,…'),
    redis: readRedis(values, check, problems),
  };
  return { settings, problems };
}

function readVariables(env: Environment, problems: string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { name, fallback, secret } of VARIABLES) {
    const direct = env[name] || undefined;
    const file = (secret && env[`${name}_FILE`]) || undefined;
    if (direct && file) problems.push(`${name}: given twice, as ${name} and as ${name}_FILE; keep one`);
    const value = direct ?? (file ? readSecret(name, file, problems) : fallback);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

function readSecret(name: string, file: string, problems: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problems.push(`${name}: cannot read the file that ${name}_FILE names (${reason})`);
    return undefined;
  }
}

type Check = (name: string, rule: (value: string) => boolean, expected: string) => string | undefined;

function readRedis(
  values: ReadonlyMap<string, string>,
  check: Check,
  problems: string[],
): Record<string, string> {
  check(
    'REDIS_URL',
    (value) => /^rediss?:\/\/./.test(value) && URL.canParse(value),
    'a redis:// or rediss:// URL',
  );
  check('REDIS_SENTINELS', (value) => HOST_LIST.test(value), 'host:port,…');
  check('REDIS_CLUSTER', (value) => HOST_LIST.test(value), 'host:port,…');
  const ways = ['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER'].filter((name) => values.has(name));
  if (ways.length > 1) problems.push(`${ways.join(', ')}: only one way to reach Redis may be given`);
  if (values.has('REDIS_SENTINELS') !== values.has('REDIS_SENTINEL_MASTER')) {
    problems.push('REDIS_SENTINELS, REDIS_SENTINEL_MASTER: only make sense together');
  }
  if (ways.length === 0) return {};
  return Object.fromEntries(
    REDIS_VARIABLES.flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function reportTwins(ports: Settings['ports'], problems: string[]): void {
  const seen = new Map<number, string>();
  for (const [name, port] of Object.entries(ports) as [PortName, number][]) {
    const variable = PORT_VARIABLES[name];
    const twin = seen.get(port);
    if (port > 0 && twin) problems.push(`${variable}: is ${port}, as ${twin} is already`);
    seen.set(port, variable);
  }
}

function isWebUrl(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value);
}
