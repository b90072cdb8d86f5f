import { setTimeout as delay } from 'node:timers/promises';
import { QUEUE_PREFIX, REFRESH_QUEUE, type RefreshJob } from '@muxgate/refresh-queue';
import { Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  connectCredential,
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

describe('credentials', () => {
  let redis: TestRedis;
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  let worker: Worker<RefreshJob> | undefined;
  let valid: string;
  let jobs: RefreshJob[];

  beforeEach(async () => {
    redis = await startRedis();
    valid = 'at-1';
    jobs = [];
    upstream = await startUpstream((request, res) => {
      const ok = request.headers.authorization === `Bearer ${valid}`;
      json(ok ? 200 : 401, ok ? { ok: true } : { type: 'error', error: { type: 'authentication_error' } })(
        request,
        res,
      );
    });
    gateway = await startGateway(redis.url, yamlFor(upstream.url), {
      tuning: { newerTokenMs: 2_000, credentialRereadMs: 200, clientKeyCheckMs: 300, clientKeyWaitMs: 400 },
    });
    await connectCredential(gateway.vault, 'idp', 'at-1');
  });
  afterEach(async () => {
    await worker?.close();
    worker = undefined;
    await gateway.shutDown();
    await upstream.close();
  });

  const ask = (key = gateway.key) =>
    post(`${gateway.url}/v1/messages`, '{"model":"secured"}', { 'x-api-key': key });
  /** Stands in for the worker service: refreshes what it is asked for. */
  const refreshBy = (refresh: (job: RefreshJob) => Promise<void>): void => {
    worker = new Worker<RefreshJob>(
      REFRESH_QUEUE,
      async (job) => {
        jobs.push(job.data);
        await refresh(job.data);
      },
      {
        connection: { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null },
        prefix: QUEUE_PREFIX,
      },
    );
  };

  it('asks once for a newer token when a thousand requests meet a revoked one, and sends all of them again', async () => {
    refreshBy(async () => {
      await delay(100);
      await connectCredential(gateway.vault, 'idp', 'at-2');
    });
    expect((await ask()).status).toBe(200);
    valid = 'at-2';
    const answers = await Promise.all(Array.from({ length: 1000 }, () => ask()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1000);
    expect(jobs).toEqual([{ credential: 'idp', newerThan: 1, reason: 'unauthorized' }]);
    expect(answers.some(({ headers }) => headers['x-muxgate-attempts'] === '2')).toBe(true);
  });

  it('sends the same body again', async () => {
    refreshBy(() => connectCredential(gateway.vault, 'idp', 'at-2'));
    await ask();
    valid = 'at-2';
    const text = 'x'.repeat(300_000);
    const answer = await post(`${gateway.url}/v1/messages`, JSON.stringify({ model: 'secured', text }), {
      'x-api-key': gateway.key,
    });
    expect(answer.status).toBe(200);
    const [first, second] = upstream.received.slice(-2);
    expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
    expect(second?.body.length).toBeGreaterThan(300_000);
  });

  it('uses a newer token that is stored already, without asking for one', async () => {
    expect((await ask()).status).toBe(200);
    valid = 'at-2';
    // as if its message had been lost: straight into the store, and asked before the next reading
    await connectCredential(gateway.vault, 'idp', 'at-2');
    expect((await ask()).status).toBe(200);
    expect(await gateway.redis.keys('{muxgate}:refresh:wait')).toEqual([]);
  });

  it('passes the 401 through when no newer token comes, and does not ask again for a minute', async () => {
    refreshBy(() => Promise.resolve());
    await ask();
    valid = 'none';
    const first = await ask();
    expect(first.status).toBe(401);
    expect(first.text).toBe('{"type":"error","error":{"type":"authentication_error"}}');
    expect(first.headers['x-muxgate-attempts']).toBe('1');
    const startedAt = Date.now();
    expect((await ask()).status).toBe(401);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    expect(jobs).toHaveLength(1);
  });

  it('does not loop when the newer token is refused as well', async () => {
    refreshBy(() => connectCredential(gateway.vault, 'idp', 'at-2'));
    await ask();
    valid = 'at-3';
    const answer = await ask();
    expect(answer.status).toBe(401);
    expect(answer.headers['x-muxgate-attempts']).toBe('2');
  });

  it('hears of a new generation within a second, also when its message is lost', async () => {
    await ask();
    await connectCredential(gateway.vault, 'idp', 'at-2');
    valid = 'at-2';
    await eventually(async () => (await ask()).status === 200, 1_000);
    await gateway.redis.client('KILL', 'TYPE', 'pubsub');
    await connectCredential(gateway.vault, 'idp', 'at-3');
    valid = 'at-3';
    await eventually(
      () => upstream.received.at(-1)?.headers.authorization === 'Bearer at-3' || ask().then(() => false),
      2_000,
    );
    expect(jobs).toHaveLength(0);
  });

  it('serves from memory while Redis is frozen or dead, and says so', async () => {
    expect((await ask()).status).toBe(200);
    redis.freeze();
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200);
    redis.thaw();
    await redis.kill();
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200);
    await eventually(async () => {
      const ready = await fetch(`${gateway.managementUrl}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({
        checks: { redis: { ok: true, detail: 'away, serving from memory' } },
      });
    }, 8_000);
    const unknown = await ask('mxg_unknown');
    expect(unknown.status).toBe(503);
    expect(JSON.parse(unknown.text)).toMatchObject({ error: { type: 'api_error' } });
    expect((await ask()).status).toBe(200);
  });

  it('serves until the access token ends, and /readyz says when nothing can be served', async () => {
    await connectCredential(gateway.vault, 'idp', 'at-1', 1_500);
    expect((await fetch(`${gateway.managementUrl}/readyz`)).status).toBe(200);
    expect((await ask()).status).toBe(200);
    await delay(1_600);
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    const ready = (await (await fetch(`${gateway.managementUrl}/readyz`)).json()) as object;
    expect(ready).toMatchObject({
      checks: { credentials: { detail: expect.stringContaining('ended: idp') } },
    });
  });
});
