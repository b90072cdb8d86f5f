import { SAMPLERS } from '../../libs/runtime/src/tracing-environment.ts';
import { declaredVariables } from '../../libs/runtime/src/environment.ts';
import { AuthEnvironment } from '../../services/auth/src/environment.ts';
import { GatewayEnvironment } from '../../services/gateway/src/environment.ts';
import { SandboxEnvironment } from '../../services/sandbox/src/environment.ts';
import { WorkerEnvironment } from '../../services/worker/src/worker-environment.ts';

const SHAPES: Readonly<Record<string, new () => object>> = {
  gateway: GatewayEnvironment,
  auth: AuthEnvironment,
  worker: WorkerEnvironment,
  sandbox: SandboxEnvironment,
};

const MEANINGS: Readonly<Record<string, string>> = {
  HOST: 'address to listen on',
  PORT: 'public listener',
  MANAGEMENT_PORT: 'listener of `/livez`, `/readyz`, `/metrics`',
  MUXGATE_CONFIG: 'path of the [configuration file](configuration.md)',
  LOG_LEVEL: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
  REDIS_URL: '`redis://` or `rediss://`, with user and password in it or in the variables below',
  REDIS_SENTINELS: '`host:port,…`, instead of `REDIS_URL`, together with `REDIS_SENTINEL_MASTER`',
  REDIS_SENTINEL_MASTER: "name of the Sentinels' master",
  REDIS_CLUSTER: '`host:port,…`, instead of `REDIS_URL`',
  REDIS_USERNAME: 'user, where the URL has none',
  REDIS_PASSWORD: 'password, where the URL has none',
  MUXGATE_ACCESS_KEYS:
    'key ring that seals access tokens: `kid:base64-of-32-bytes,…`; the first seals, all open',
  MUXGATE_REFRESH_KEYS: 'key ring that seals refresh tokens; the gateway never has it',
  MUXGATE_ADMIN_TOKENS: '`name:role:sha256-hex-of-token,…`, role `viewer`, `operator` or `admin`',
  MUXGATE_LOCAL_CLIENT_KEY_HASH: 'set by `npm start`: SHA-256 in hex of the client key that it prints',
  MUXGATE_SPOOL_DIR:
    'Where usage is kept until Redis has it, so that a gateway that is killed leaves it to the next one; `muxgate-usage` in the directory for temporary files',
  MUXGATE_ESCROW_DIR:
    'directory for token sets that Redis would not take, sealed, until it does; without it they wait in memory',
  PUBLIC_URL: 'the auth service as browsers see it; callbacks are built from it. Default `http://HOST:PORT`',
  GATEWAY_URL: "how the auth service reaches the gateway, for the console's Try it",
  TRUSTED_PROXIES:
    'proxies before the service, as addresses or ranges: `10.0.0.0/8,2001:db8::7`. What they say in `X-Forwarded-For` is where a caller is, for the audit log and the limit of failed sign-ins; nobody else is believed',
  GATEWAY_PUBLIC_URL: 'what developers point their clients at, for set-up lines; default is `GATEWAY_URL`',
  MAX_IN_FLIGHT: 'requests at once; one more is answered 503 `overloaded_error`',
  DRAIN_GRACE_SECONDS: 'after SIGTERM: how long requests are still taken while `/readyz` says no',
  DRAIN_SECONDS: 'after that: how long open requests may take to finish',
  OTEL_EXPORTER_OTLP_ENDPOINT:
    'an OpenTelemetry collector, to whose `/v1/traces` [traces](../operations/tracing.md) go; without it there are none',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'the whole address for traces, in place of the one above',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'nothing else is spoken',
  OTEL_EXPORTER_OTLP_HEADERS: 'for the collector: `name=value,…`, values percent-encoded',
  OTEL_SDK_DISABLED: '`true`: no traces, whatever else is set',
  OTEL_TRACES_EXPORTER: '`otlp`, or `none`',
  OTEL_SERVICE_NAME: 'default `muxgate-gateway`, `muxgate-auth`, `muxgate-worker`',
  OTEL_RESOURCE_ATTRIBUTES: 'on every span: `name=value,…`, values percent-encoded',
  OTEL_TRACES_SAMPLER: `which traces are recorded: ${SAMPLERS.map((name) => `\`${name}\``).join(', ')}`,
  OTEL_TRACES_SAMPLER_ARG: 'the share of the samplers that are named `…ratio`, 0 to 1',
  OTEL_BSP_SCHEDULE_DELAY: 'milliseconds between two exports',
  OTEL_BSP_MAX_QUEUE_SIZE: 'spans that wait at most; further ones are dropped and counted',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'spans of one export at most',
  SANDBOX_ACCESS_TOKEN_SECONDS: "life of the sandbox vendor's access tokens",
  SANDBOX_PUBLIC_URL: 'the sandbox vendor as others see it; default is where it listens',
};

/** docs/reference/environment.md, from the classes that validate the environment. */
export function renderEnvironmentReference(): string {
  const variables = new Map<string, { services: string[]; defaults: Set<string> }>();
  for (const [service, shape] of Object.entries(SHAPES)) {
    const defaults = new shape() as Record<string, string | number | undefined>;
    for (const name of declaredVariables(shape)) {
      const entry = variables.get(name) ?? { services: [], defaults: new Set() };
      entry.services.push(service);
      if (defaults[name] !== undefined) entry.defaults.add(`\`${String(defaults[name])}\``);
      variables.set(name, entry);
    }
  }
  const rows = [...variables].map(([name, { services, defaults }]) => {
    const meaning = MEANINGS[name];
    if (meaning === undefined) throw new Error(`scripts/docs/environment.ts does not say what ${name} means`);
    return `| \`${name}\` | ${services.join(', ')} | ${[...defaults].join(', ')} | ${meaning} |`;
  });
  return `<!-- Generated by scripts/docs/environment.ts: edit the environment classes, then run \`npm run docs\`. -->

# Environment

Each process validates all of its environment at start, prints every problem with its variable, and exits 78 without
having opened a port. Any variable may be given as \`NAME\` or as \`NAME_FILE\`, the path of a file that holds it.
Defaults are listed in the order of the services. \`npm start\` has variables of its own: \`npm start -- --help\`.

| variable | services | default | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
