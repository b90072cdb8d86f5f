import { hash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/support/redis.ts';
import {
  AUDIT_CHAIN,
  AUDIT_STREAM,
  AuditLog,
  verifyChain,
  type AuditEntry,
  type AuditRecord,
} from './index.js';

let server: TestRedis;
let redis: Redis;
let log: AuditLog;

const entry = (subject: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: 'root',
  action: 'test',
  subject,
  outcome: 'success',
  ...more,
});
const subjects = async (page: Parameters<AuditLog['list']>[0]): Promise<string[]> =>
  (await log.list(page)).items.map(({ subject }) => subject);

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  log = new AuditLog(redis);
  for (let index = 0; index < 5; index++) await log.record(entry(`s${index}`));
});

describe('reading', () => {
  it('pages from the newest to the oldest, each record once', async () => {
    const first = await log.list({ limit: 3 });
    expect(first.items.map(({ subject }) => subject)).toEqual(['s4', 's3', 's2']);
    const second = await log.list({ limit: 3, cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ subject }) => subject)).toEqual(['s1', 's0']);
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('takes a cursor of another shape for the top, and not as a command', async () => {
    expect(await subjects({ limit: 1, cursor: '+ - DEL' })).toEqual(['s4']);
    for (const cursor of ['0-0', '99999999999999999999-1'])
      expect(await subjects({ limit: 1, cursor })).toEqual(['s4']);
  });

  it('selects by who, what, on what, outcome and time', async () => {
    await log.record(entry('k1', { actor: 'ops', action: 'client-key.create' }));
    await log.record(entry('k2', { actor: 'ops', action: 'client-key.revoke', outcome: 'failure' }));
    expect(await subjects({ actor: 'ops' })).toEqual(['k2', 'k1']);
    expect(await subjects({ action: 'client-key.*', outcome: 'success' })).toEqual(['k1']);
    expect(await subjects({ action: 'client-key' })).toEqual([]);
    expect(await subjects({ subject: 's3' })).toEqual(['s3']);
    expect(await subjects({ to: Date.now() - 60_000 })).toEqual([]);
    expect(await subjects({ from: Date.now() - 60_000, limit: 2 })).toEqual(['k2', 'k1']);
  });

  it('shows what it cannot read as such, and all the rest', async () => {
    for (const text of [
      'no JSON',
      'null',
      '{"actor":"x"}',
      '{"at":1e99,"actor":"x","action":"y","subject":"z"}',
    ])
      await redis.xadd(AUDIT_STREAM, '*', 'entry', text);
    await redis.xadd(AUDIT_STREAM, '*', 'any', 'thing');
    const { items } = await log.list();
    expect(items.map(({ action }) => action)).toEqual([
      ...Array.from({ length: 5 }, () => 'audit.unreadable'),
      ...Array.from({ length: 5 }, () => 'test'),
    ]);
    expect(Date.now() - (items[0] as AuditRecord).at).toBeLessThan(60_000);
  });

  it('finds a rare entry among many, page by page', async () => {
    await log.record(entry('rare', { actor: 'somebody' }));
    const many = Array.from({ length: 1_200 }, (_, index) => log.record(entry(`n${index}`)));
    await Promise.all(many);
    expect(await subjects({ actor: 'somebody' })).toEqual(['rare']);
    const all: string[] = [];
    for await (const { subject } of log.all()) all.push(subject);
    expect(all).toHaveLength(1_206);
    expect(all.slice(0, 6)).toEqual(['s0', 's1', 's2', 's3', 's4', 'rare']);
  });
});

describe('the chain', () => {
  it('is one chain, also when several replicas write at once', async () => {
    const replicas = [new AuditLog(redis), new AuditLog(redis), log];
    await Promise.all(replicas.flatMap((one) => Array.from({ length: 20 }, () => one.record(entry('c')))));
    expect(await verifyChain(redis)).toMatchObject({ ok: true, entries: 65, seq: 65 });
  });

  const ids = async (): Promise<string[]> => (await redis.xrange(AUDIT_STREAM, '-', '+')).map(([id]) => id);

  /** Writes the stream anew, as somebody with access to Redis could. */
  async function rewrite(change: (entries: [string, string[]][]) => [string, string[]][]): Promise<void> {
    const entries = change(await redis.xrange(AUDIT_STREAM, '-', '+'));
    await redis.del(AUDIT_STREAM);
    for (const [id, fields] of entries) await redis.xadd(AUDIT_STREAM, id, ...fields);
  }

  it('shows an entry that was changed', async () => {
    await rewrite((entries) =>
      entries.map(([id, fields]) => [id, fields.map((text) => text.replace('"s2"', '"s9"'))]),
    );
    expect(await verifyChain(redis)).toMatchObject({ ok: false, problem: { seq: 3 } });
  });

  it('shows an entry that was taken out', async () => {
    await redis.xdel(AUDIT_STREAM, (await ids())[1] as string);
    expect(await verifyChain(redis)).toMatchObject({ ok: false, entries: 1, problem: { seq: 2 } });
  });

  it('shows entries that changed places', async () => {
    await rewrite((entries) =>
      entries.map(([id], index) => [id, entries[index === 1 ? 2 : index === 2 ? 1 : index]?.[1] ?? []]),
    );
    expect(await verifyChain(redis)).toMatchObject({ ok: false, problem: { seq: 2 } });
  });

  it('shows that the newest or the oldest were taken out', async () => {
    await redis.xdel(AUDIT_STREAM, (await ids()).at(-1) as string);
    expect(await verifyChain(redis)).toMatchObject({ ok: false, entries: 4 });
    await redis.xdel(AUDIT_STREAM, (await ids())[0] as string);
    expect(await verifyChain(redis)).toMatchObject({ ok: false, entries: 0 });
  });

  it('shows an entry that somebody put in after the newest, whether or not it fits', async () => {
    const { hash: prev } = (await log.list({ limit: 1 })).items[0] as AuditRecord;
    const forged = JSON.stringify({ seq: 6, at: 0, prev, ...entry('forged') });
    const id = await redis.xadd(AUDIT_STREAM, '*', 'entry', forged, 'hash', hash('sha256', forged, 'hex'));
    expect(await verifyChain(redis)).toMatchObject({ ok: false, entries: 5, problem: { seq: 6, id } });
    await redis.xdel(AUDIT_STREAM, id as string);
    await redis.xadd(AUDIT_STREAM, '*', 'any', 'thing');
    expect(await verifyChain(redis)).toMatchObject({ ok: false, entries: 5, problem: { seq: 6 } });
  });

  it('shows that what is known of its end was taken out', async () => {
    await redis.del(AUDIT_CHAIN);
    expect(await verifyChain(redis)).toMatchObject({ ok: false, entries: 0 });
  });

  it('shows to whoever saw the newest that it was cut off without a trace in Redis, also once it goes on', async () => {
    const seen = log.newestSeen;
    const [, fields] = (await redis.xrevrange(AUDIT_STREAM, '+', '-')).at(1) as [string, string[]];
    await redis.xdel(AUDIT_STREAM, (await ids()).at(-1) as string);
    await redis.hset(AUDIT_CHAIN, { seq: 4, hash: fields[3] as string });
    expect(await verifyChain(redis)).toMatchObject({ ok: true, entries: 4 });
    expect(await verifyChain(redis, seen)).toMatchObject({ ok: false, entries: 4, problem: { seq: 5 } });
    await new AuditLog(redis).record(entry('another s4'));
    await log.record(entry('s5'));
    expect(await verifyChain(redis)).toMatchObject({ ok: true, entries: 6 });
    expect(await verifyChain(redis, seen)).toMatchObject({ ok: false, problem: { seq: 5 } });
    await redis.del(AUDIT_STREAM, AUDIT_CHAIN);
    expect(await verifyChain(redis, log.newestSeen)).toMatchObject({ ok: false, entries: 0 });
  });

  it('goes on from a checkpoint where retention dropped the oldest', async () => {
    const bounded = new AuditLog(redis, Date.now, { entries: 20, batch: 10 });
    for (let index = 0; index < 50; index++) await bounded.record(entry(`r${index}`));
    const kept = await ids();
    expect(kept.length).toBeGreaterThanOrEqual(20);
    expect(kept.length).toBeLessThanOrEqual(30);
    expect(await verifyChain(redis)).toMatchObject({ ok: true, entries: kept.length, seq: 55 });
    expect(Number(await redis.hget(AUDIT_CHAIN, 'checkpointSeq'))).toBe(55 - kept.length);
    await redis.xdel(AUDIT_STREAM, kept[0] as string);
    expect(await verifyChain(redis)).toMatchObject({ ok: false });
  });

  it('tells the place of an entry, which the log line keeps', async () => {
    const { seq, hash } = await log.record(entry('last'));
    expect(await verifyChain(redis)).toMatchObject({ ok: true, seq, hash });
  });
});
