import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { ClientKeyStore } from '@muxgate/clients';
import { parseConfig } from '@muxgate/config';
import { CredentialVault, KeyRing } from '@muxgate/vault';
import { Redis } from 'ioredis';
import {
  createGateway,
  type Gateway,
  type GatewayOverrides,
} from '../../services/gateway/src/create-gateway.ts';

export const ACCESS_KEYS = `a1:${randomBytes(32).toString('base64')}`;
export const REFRESH_KEYS = `r1:${randomBytes(32).toString('base64')}`;

/** What a fake upstream received, byte for byte. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

export interface FakeUpstream {
  readonly url: string;
  readonly received: Received[];
  /** How many requests were cut before their answer was complete. */
  aborted: number;
  answer: (request: Received, res: ServerResponse) => void | Promise<void>;
  close(): Promise<void>;
}

/** A provider whose answer a test writes. */
export async function startUpstream(answer: FakeUpstream['answer'] = json(200, {})): Promise<FakeUpstream> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    res.on('close', () => {
      if (!res.writableFinished) upstream.aborted++;
    });
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', () => undefined);
    req.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = req;
      const request = { method, url, headers, rawHeaders, body: Buffer.concat(chunks) };
      chunks.length = 0;
      upstream.received.push(request);
      void upstream.answer(request, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: FakeUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    aborted: 0,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}

export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): (request: Received, res: ServerResponse) => void {
  return (_request, res) => {
    const bytes = Buffer.from(JSON.stringify(body));
    res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
    res.end(bytes);
  };
}

export interface TestGateway extends Gateway {
  readonly url: string;
  readonly managementUrl: string;
  readonly key: string;
  readonly redis: Redis;
  readonly keys: ClientKeyStore;
  readonly vault: CredentialVault;
  shutDown(): Promise<void>;
}

/** A gateway in this process, on free ports, with one client key that may use everything. */
export async function startGateway(
  redisUrl: string,
  yaml: string,
  overrides: GatewayOverrides = {},
  variables: Record<string, string> = {},
): Promise<TestGateway> {
  const redis = new Redis(redisUrl);
  redis.on('error', () => undefined); // tests take it away on purpose
  const keys = new ClientKeyStore(redis, KeyRing.parse(ACCESS_KEYS));
  const vault = new CredentialVault(redis, {
    accessRing: KeyRing.parse(ACCESS_KEYS),
    refreshRing: KeyRing.parse(REFRESH_KEYS),
  });
  const { key } = await keys.create({ name: 'test', team: 'core' });
  const gateway = await createGateway(
    {
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      LOG_LEVEL: 'silent',
      REDIS_URL: redisUrl,
      MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
      DRAIN_GRACE_SECONDS: '0',
      DRAIN_SECONDS: '1',
      ...variables,
    },
    { snapshot: parseConfig(yaml, variables), ...overrides },
  );
  return {
    ...gateway,
    url: `http://127.0.0.1:${gateway.port}`,
    managementUrl: `http://127.0.0.1:${gateway.managementPort}`,
    key,
    redis,
    keys,
    vault,
    shutDown: async () => {
      for (const step of gateway.stop) await step.run();
      redis.disconnect();
    },
  };
}

/** Stores an access token as auth would after a connection. */
export async function connectCredential(
  vault: CredentialVault,
  credential: string,
  accessToken: string,
  expiresInMs = 3_600_000,
): Promise<void> {
  await vault.connect({
    credential,
    provider: credential,
    clientId: 'muxgate',
    scopes: ['llm.invoke'],
    schedule: { refreshAheadSeconds: 300 },
    tokenSet: {
      accessToken,
      refreshToken: `rt-${accessToken}`,
      tokenType: 'Bearer',
      expiresAt: Date.now() + expiresInMs,
    },
  });
}

/** One provider per protocol without authentication, one with OAuth, one with a static key. */
export function yamlFor(upstream: string, extra = ''): string {
  return `
version: 1
oauthProviders:
  - name: idp
    grant: authorization_code
    authorizationUrl: http://127.0.0.1:1/authorize
    tokenUrl: http://127.0.0.1:1/token
    clientId: muxgate
    clientAuthentication: none
    scopes: [llm.invoke]
    allowPrivateNetwork: true
providers:
  - { name: open, protocol: anthropic-messages, baseUrl: "${upstream}", auth: { type: none }, allowPrivateNetwork: true, timeouts: { connectMs: 1000, firstByteMs: 1500, idleMs: 1500 } }
  - { name: patient, protocol: anthropic-messages, baseUrl: "${upstream}", auth: { type: none }, allowPrivateNetwork: true }
  - { name: chat, protocol: openai-chat, baseUrl: "${upstream}/v1", auth: { type: none }, allowPrivateNetwork: true }
  - { name: responses, protocol: openai-responses, baseUrl: "${upstream}/v1", auth: { type: none }, allowPrivateNetwork: true }
  - { name: oauth, protocol: anthropic-messages, baseUrl: "${upstream}", auth: { type: oauth, credential: idp }, allowPrivateNetwork: true }
  - { name: gone, protocol: anthropic-messages, baseUrl: "http://127.0.0.1:1", auth: { type: none }, allowPrivateNetwork: true }
  - { name: inside, protocol: anthropic-messages, baseUrl: "${upstream}", auth: { type: none } }
  - { name: cloud, protocol: vertex, baseUrl: "${upstream}", auth: { type: none }, enabled: false, allowPrivateNetwork: true }
models:
  - { name: cloud, targets: [{ provider: cloud, model: up-m }] }
  - { name: m, targets: [{ provider: open, model: up-m }] }
  - { name: same, targets: [{ provider: open, model: same }] }
  - { name: patient, targets: [{ provider: patient, model: up-m }] }
  - { name: gpt, targets: [{ provider: chat, model: up-gpt }] }
  - { name: gpt-r, targets: [{ provider: responses, model: up-gpt-r }] }
  - { name: secured, targets: [{ provider: oauth, model: up-m }] }
  - { name: gone, targets: [{ provider: gone, model: up-m }] }
  - { name: inside, targets: [{ provider: inside, model: up-m }] }
${extra}`;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: string[];
  readonly body: Buffer;
  readonly text: string;
}

/** A POST over node:http, so that exact bytes and raw headers can be seen. */
export function post(
  url: string,
  body: string | Buffer,
  headers: Record<string, string | string[]> = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    });
    req.on('error', reject);
    req.on('response', (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const { statusCode: status = 0, headers: answered, rawHeaders } = res;
        resolve({ status, headers: answered, rawHeaders, body: bytes, text: bytes.toString() });
      });
    });
    req.end(body);
  });
}

/** Writes bytes on a bare socket and gathers what comes back until the other side closes, or for a while. */
export function onTheWire(port: number, write: (socket: Socket) => void, forMs = 3_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const chunks: Buffer[] = [];
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    const timer = setTimeout(done, forMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', done);
    socket.on('error', done);
    socket.on('connect', () => write(socket));
  });
}
