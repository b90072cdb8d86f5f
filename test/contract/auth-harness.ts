import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createAuthApp, type AuthApp } from '../../services/auth/src/auth-app.ts';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const ADMIN = 'admin-token-of-the-tests';
export const OPERATOR = 'operator-token-of-the-tests';
export const VIEWER = 'viewer-token-of-the-tests';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** the body as JSON; an empty object where it is not */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
  readonly json: any;
}

export interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  /** sent as it is, instead of `body` */
  readonly raw?: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

export interface AuthWorld {
  readonly auth: AuthApp;
  readonly redisServer: TestRedis;
  readonly redis: Redis;
  readonly sandbox: Sandbox;
  /** every log line so far */
  readonly logs: string[];
  readonly accessKey: string;
  readonly refreshKey: string;
  /** what another service of the same deployment is started with */
  readonly environment: Record<string, string>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function ring(): string {
  return `k1:${randomBytes(32).toString('base64')}`;
}

/** The auth service, a Redis and the sandbox vendor, all real and on ports of their own. */
export async function startAuthWorld(
  options: {
    env?: Record<string, string>;
    providers?: (sandboxUrl: string) => string;
    /** the section of the configuration */
    clients?: string;
    /** more of the configuration */
    document?: (sandboxUrl: string) => string;
  } = {},
): Promise<AuthWorld> {
  const redisServer = await startRedis();
  const sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 60 });
  const directory = await temporaryDirectory();
  const config = join(directory, 'muxgate.yaml');
  await writeFile(
    config,
    `version: 1\n${options.clients ?? ''}\noauthProviders:\n${(options.providers ?? providersYaml)(sandbox.url)}${options.document?.(sandbox.url) ?? ''}`,
  );
  const logs: string[] = [];
  const accessKey = ring();
  const refreshKey = ring();
  const environment = {
    HOST: '127.0.0.1',
    MANAGEMENT_PORT: '0',
    MUXGATE_CONFIG: config,
    CONFIDENTIAL_SECRET: 'muxgate-confidential-secret',
    REDIS_URL: redisServer.url,
    MUXGATE_ACCESS_KEYS: accessKey,
    MUXGATE_REFRESH_KEYS: refreshKey,
  };
  const auth = await createAuthApp(
    {
      ...environment,
      PORT: '0',
      LOG_LEVEL: 'trace',
      MUXGATE_ADMIN_TOKENS: [
        `root:admin:${sha256(ADMIN)}`,
        `ops:operator:${sha256(OPERATOR)}`,
        `looker:viewer:${sha256(VIEWER)}`,
      ].join(','),
      ...options.env,
    },
    { write: (line: string) => void logs.push(line) },
  );
  const redis = new Redis(redisServer.url);
  return {
    auth,
    redisServer,
    redis,
    sandbox,
    logs,
    accessKey,
    refreshKey,
    environment,
    call: (method, path, call) => request(auth.url, method, path, call),
    stop: async () => {
      await auth.close();
      redis.disconnect();
      await sandbox.close();
      await redisServer.stop();
    },
  };
}

export async function request(
  base: string,
  method: string,
  path: string,
  { token = ADMIN, body, raw, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(new URL(path, base), {
    method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content as string }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** One loopback vendor under several names: a callback of ours, a paste elsewhere, other grants, a confidential client. */
export function providersYaml(sandboxUrl: string): string {
  const common = `
    issuer: ${sandboxUrl}
    scopes: [openid, offline_access, llm.invoke]
    authorizeParams: { prompt: consent }
    allowPrivateNetwork: true`;
  return `
  - name: sandbox
    grant: authorization_code
    clientId: muxgate
    clientAuthentication: none${common}
  - name: pasted
    grant: authorization_code
    clientId: muxgate
    clientAuthentication: none
    redirectUri: http://127.0.0.1:1/elsewhere${common}
  - name: confidential
    grant: authorization_code
    clientId: muxgate-confidential
    clientSecret: "\${CONFIDENTIAL_SECRET}"
    clientAuthentication: client_secret_basic${common}
  - name: television
    grant: device_code
    clientId: muxgate
    clientAuthentication: none${common}
  - name: fenced
    grant: authorization_code
    clientId: muxgate
    clientAuthentication: none
    issuer: https://169.254.169.254
    scopes: [openid]
  - name: unreachable
    grant: authorization_code
    clientId: muxgate
    clientAuthentication: none
    authorizationUrl: ${sandboxUrl}/auth
    tokenUrl: http://127.0.0.1:1/token
    scopes: [openid]
    allowPrivateNetwork: true
`;
}

/** A person's browser at the vendor, which consents by itself; answers where the vendor sends it in the end. */
export async function consent(url: string, cookies = new Map<string, string>()): Promise<URL> {
  const redirectUri = new URL(url).searchParams.get('redirect_uri') ?? '';
  let at = new URL(url);
  for (let hop = 0; hop < 20; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    await response.body?.cancel();
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    at = new URL(response.headers.get('location') ?? '', at);
    if (at.href.startsWith(redirectUri)) return at;
  }
  throw new Error('the vendor never sent the browser back');
}

/** Connects a credential from end to end by callback; answers what GET tokens says of it. */
export async function connect(world: AuthWorld, credential: string, provider = 'sandbox'): Promise<Answer> {
  const begun = await world.call('POST', '/api/oauth/authorize', { body: { provider, credential } });
  const back = await consent(begun.json.url as string);
  const done = await fetch(back);
  if (done.status !== 200) throw new Error(`the callback answered ${done.status}: ${await done.text()}`);
  await done.body?.cancel();
  return world.call('GET', `/api/oauth/tokens/${credential}`);
}
