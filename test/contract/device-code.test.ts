import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpService } from '@nestjs/axios';
import { AuditLog, AuditTrail } from '@muxgate/audit';
import { ConfigSource, parseConfig } from '@muxgate/config';
import {
  ConnectMetrics,
  DevicePolls,
  InvitationStore,
  POLL_LEASE_MS,
  ProgressStore,
  transactionId,
  TransactionStore,
} from '@muxgate/connect';
import { createOAuthHttp } from '@muxgate/egress';
import { createState } from '@muxgate/oauth';
import { connectRedis, type RedisClient } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { KeyRing, RefreshVault, StoredKeys } from '@muxgate/vault';
import axios from 'axios';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PollDeviceCodes } from '../../services/worker/src/poll-device-codes.js';
import { startWorker } from '../../services/worker/src/start-worker.js';
import { TokenEndpoints } from '../../services/worker/src/token-endpoints.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startAuthWorld, type AuthWorld } from './auth-harness.js';

describe('the device grant, from authorize to a stored credential', () => {
  let world: AuthWorld;
  let worker: Awaited<ReturnType<typeof startWorker>>;
  beforeAll(async () => {
    world = await startAuthWorld();
    worker = await startWorker({ ...world.environment, LOG_LEVEL: 'silent' });
  });
  afterAll(async () => {
    for (const { run } of worker.stop) await run();
    await world.stop();
  });

  const begin = async (credential: string) => {
    const body = { provider: 'television', credential };
    const answer = await world.call('POST', '/api/oauth/authorize', { body });
    expect(answer.status).toBe(200);
    return answer.json;
  };
  const decide = async (userCode: string, approve: boolean) => {
    const answer = await fetch(`${world.sandbox.url}/sandbox/device-codes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userCode, approve }),
    });
    expect(answer.status).toBe(200);
  };
  const progress = async (state: string) => world.call('GET', `/api/oauth/authorize/${state}`);
  const ended = (state: string) =>
    expect
      .poll(async () => (await progress(state)).json.status, { timeout: 40_000, interval: 200 })
      .not.toBe('pending');

  it('D5 shows the code with a warning, never a link that holds it, and keeps the device code to itself', async () => {
    const begun = await begin('shown');
    expect(begun).toMatchObject({ completion: 'device', url: begun.verificationUrl });
    expect(begun.userCode).toMatch(/^[A-Z0-9-]{8,}$/);
    expect(begun.verificationUrl).not.toContain(begun.userCode);
    expect(begun.instructions).toContain(begun.userCode);
    expect(begun.instructions).toContain('only if you began this connection');
    expect(JSON.stringify(begun)).not.toMatch(/device_?code/i);
    for (const key of await world.redis.keys('muxgate:oauth:transaction:*')) {
      expect(await world.redis.get(key)).toMatch(/^mxe1\.k1\.[A-Za-z0-9_-]+$/);
    }
    expect((await progress(begun.state)).json).toEqual({
      provider: 'television',
      credential: 'shown',
      completion: 'device',
      status: 'pending',
      expiresAt: begun.expiresAt,
    });
  });

  it('connects once the person agrees, and says so; nobody else has to do anything', async () => {
    const begun = await begin('agreed');
    await decide(begun.userCode, true);
    await ended(begun.state);
    expect((await progress(begun.state)).json.status).toBe('connected');
    const token = await world.call('GET', '/api/oauth/tokens/agreed');
    expect(token.json).toMatchObject({ provider: 'television', generation: 1, status: 'active' });
    expect(await world.redis.keys('muxgate:{device-polls}:*')).not.toContain(begun.state);
    const audit = await world.call('GET', '/api/audit');
    expect(audit.json.items[0]).toMatchObject({
      action: 'credential.connect',
      subject: 'agreed',
      actor: 'root',
    });
  });

  it('D4 stops when the person refuses, and says why', async () => {
    const begun = await begin('refused');
    await decide(begun.userCode, false);
    await ended(begun.state);
    expect((await progress(begun.state)).json).toMatchObject({ status: 'denied', error: 'access_denied' });
    expect((await world.call('GET', '/api/oauth/tokens/refused')).status).toBe(404);
  });

  it('the state of a device code completes nothing: it only tells how things stand', async () => {
    const { state } = await begin('told');
    const answer = await world.call('POST', '/api/oauth/exchange', { body: { state, code: 'x' } });
    expect([answer.status, answer.json.code]).toEqual([410, 'state_used_or_expired']);
    expect((await progress(state)).json.status).toBe('pending');
  });

  it('answers 400 for what is no state, and 410 for one that nobody began', async () => {
    expect((await progress('nonsense')).status).toBe(400);
    expect((await progress(createState())).status).toBe(410);
  });
});

/** A provider whose answers are scripted; the last one stands. */
interface Vendor {
  readonly url: string;
  /** when it was asked, epoch ms */
  readonly asked: number[];
  answers: { status: number; body: object; hangUp?: true }[];
  close(): Promise<void>;
}

async function startVendor(): Promise<Vendor> {
  const asked: number[] = [];
  const server: Server = createServer((request, response) => {
    request.resume();
    const answer = vendor.answers[Math.min(asked.push(Date.now()), vendor.answers.length) - 1];
    if (answer === undefined || answer.hangUp) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const vendor: Vendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers: [],
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
  return vendor;
}

const PENDING = { status: 400, body: { error: 'authorization_pending' } };
const SLOW_DOWN = { status: 400, body: { error: 'slow_down' } };
const GRANTED = {
  status: 200,
  body: { access_token: 'at', refresh_token: 'rt', token_type: 'bearer', expires_in: 3600 },
};

describe('asking for the tokens of a device code', () => {
  const logger = createLogger('test', 'silent');
  const ring = () => KeyRing.parse(`k1:${randomBytes(32).toString('base64')}`);
  const rings = { accessRing: ring(), refreshRing: ring() };
  let server: TestRedis;
  let redis: RedisClient;
  let vendor: Vendor;
  let clock = 0;
  const now = () => Date.now() + clock;
  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis({ url: server.url }, { name: 'test', role: 'commands', logger });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    clock = 0;
    vendor = await startVendor();
  });
  afterEach(() => vendor.close());

  const polls = () => new DevicePolls(redis, now);
  const transactions = () => new TransactionStore(redis, rings.refreshRing);
  const progress = () => new ProgressStore(redis);
  const vault = () => new RefreshVault(redis, rings);
  function poller(): PollDeviceCodes {
    const yaml = `
version: 1
oauthProviders:
  - name: tv
    grant: device_code
    clientId: m
    tokenUrl: ${vendor.url}/token
    deviceAuthorizationUrl: ${vendor.url}/device
    allowPrivateNetwork: true`;
    return new PollDeviceCodes({
      vault: vault(),
      endpoints: new TokenEndpoints(createOAuthHttp(new HttpService(axios.create()))),
      config: new ConfigSource(parseConfig(yaml, {})),
      transactions: transactions(),
      progress: progress(),
      invitations: new InvitationStore(redis, rings.refreshRing),
      polls: polls(),
      trail: new AuditTrail(new AuditLog(redis), logger),
      metrics: new ConnectMetrics(new Registry()),
      logger,
      storedKeys: new StoredKeys(redis, rings.accessRing),
      revoke: async () => 'unsupported',
    });
  }
  async function begin(lifetimeMs = 600_000): Promise<string> {
    const state = createState();
    const expiresAt = Date.now() + lifetimeMs;
    const named = { provider: 'tv', credential: 'one' };
    await transactions().beginDevice(state, {
      ...named,
      deviceCode: 'dc',
      actor: 'a',
      from: 'here',
      expiresAt,
    });
    await progress().begin(transactionId(state), { ...named, completion: 'device', expiresAt });
    await polls().begin(transactionId(state), 5_000);
    return state;
  }
  /** One sweep of one worker, `ms` later than the last. */
  async function after(ms: number, worker = poller()): Promise<number> {
    clock += ms;
    await worker.pollDue();
    await worker.settled();
    return vendor.asked.length;
  }

  it('D1 never asks sooner than the interval and a margin', async () => {
    vendor.answers = [PENDING];
    await begin();
    expect(await after(0)).toBe(0);
    expect(await after(5_001)).toBe(1);
    expect(await after(5_000)).toBe(1);
    expect(await after(2_900)).toBe(1);
    expect(await after(200)).toBe(2);
  });

  it('D2 slow_down adds five seconds each time, for good', async () => {
    vendor.answers = [SLOW_DOWN, SLOW_DOWN, PENDING, PENDING];
    await begin();
    expect(await after(5_001)).toBe(1);
    expect(await after(12_900)).toBe(1);
    expect(await after(200)).toBe(2); // 10 s and the margin
    expect(await after(17_900)).toBe(2);
    expect(await after(200)).toBe(3); // 15 s and the margin
    expect(await after(17_900)).toBe(3); // pending does not quicken it again
    expect(await after(200)).toBe(4);
  });

  it('D3 a lost answer doubles the interval', async () => {
    vendor.answers = [{ ...PENDING, hangUp: true }, GRANTED];
    await begin();
    expect(await after(5_001)).toBe(1);
    expect(await after(12_900)).toBe(1);
    expect(await after(200)).toBe(2);
    expect((await vault().readState('one'))?.generation).toBe(1);
  });

  it('D4 ends with the code, and asks no more', async () => {
    vendor.answers = [PENDING];
    const state = await begin(20);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await after(5_001)).toBe(0);
    expect((await progress().read(state)).status).toBe('expired');
    expect(await after(600_000)).toBe(0);
    expect(await redis.zcard('muxgate:{device-polls}:due')).toBe(0);
  });

  it('D6 of ten workers one asks', async () => {
    vendor.answers = [PENDING];
    await begin();
    clock += 5_001;
    const workers = Array.from({ length: 10 }, () => poller());
    await Promise.all(workers.map((worker) => worker.pollDue()));
    await Promise.all(workers.map((worker) => worker.settled()));
    expect(vendor.asked).toHaveLength(1);
  });

  it('D6 D1 a worker that is killed as it asks leaves the next turn to another, not too early', async () => {
    vendor.answers = [GRANTED];
    await begin();
    clock += 5_001;
    const [id = ''] = await polls().due(10);
    const killed = await polls().take(id); // and nothing more is heard of it
    expect(killed?.intervalMs).toBe(5_000);
    expect(await after(POLL_LEASE_MS - 500)).toBe(0);
    expect(await after(1_000)).toBe(1);
    expect((await vault().readState('one'))?.status).toBe('active');
    if (killed) await polls().again(killed, 5_000, 0); // it was only asleep, and comes back late
    expect(await after(60_000)).toBe(1);
  });

  it('ends with the code of a refusal that cannot pass', async () => {
    vendor.answers = [{ status: 401, body: { error: 'invalid_client' } }];
    const state = await begin();
    expect(await after(5_001)).toBe(1);
    expect(await progress().read(state)).toMatchObject({
      status: 'failed',
      error: 'token_endpoint_invalid_client',
    });
    expect(await after(600_000)).toBe(1);
  });
});
