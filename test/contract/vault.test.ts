import { randomBytes } from 'node:crypto';
import { connectRedis } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { AccessVault, KeyRing, RefreshVault, type RefreshLease, type StoredTokenSet } from '@muxgate/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.js';

const ring = (kid: string): KeyRing => KeyRing.parse(`${kid}:${randomBytes(32).toString('base64')}`);
const rings = { accessRing: ring('a1'), refreshRing: ring('r1') };
const schedule = { refreshAheadSeconds: 300 };
const logger = createLogger('test', 'silent');

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let vault: RefreshVault;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url }, { name: 'test', role: 'commands', logger });
  vault = new RefreshVault(redis, rings);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

const tokens = (name: string, life = 3_600_000): StoredTokenSet => ({
  accessToken: `plain-access-${name}`,
  refreshToken: `plain-refresh-${name}`,
  tokenType: 'Bearer',
  expiresAt: Date.now() + life,
});

async function connect(credential = 'one', name = 'first') {
  return vault.connect({
    credential,
    provider: 'acme',
    tokenSet: tokens(name),
    clientId: 'muxgate',
    scopes: ['llm.invoke'],
    schedule,
  });
}

/** Time passes for a record: the field is set to a moment that is over. */
const past = (half: 'access' | 'refresh', field: string, credential = 'one') =>
  redis.hset(`muxgate:{c:${credential}}:${half}`, field, Date.now() - 1_000);

async function due(credential = 'one'): Promise<void> {
  await past('access', 'refreshAt', credential);
}

async function lease(owner: string, options: { deadOwner?: string } = {}): Promise<RefreshLease> {
  const acquired = await vault.acquire('one', owner, options);
  if (acquired.outcome !== 'granted') throw new Error(`expected a lease, got ${JSON.stringify(acquired)}`);
  return acquired.lease;
}

const failure = {
  status: 'refresh_failing',
  code: 'unavailable',
  message: 'down',
  unknownRotation: false,
} as const;

describe('connecting', () => {
  it('F4 stores a token set that gateways can read with the access ring alone', async () => {
    const { state, superseded } = await connect();
    expect(state).toMatchObject({
      provider: 'acme',
      status: 'active',
      generation: 1,
      scopes: ['llm.invoke'],
    });
    expect(superseded).toBeUndefined();
    const grant = await new AccessVault(redis, rings.accessRing).readAccess('one');
    expect(grant).toMatchObject({ accessToken: 'plain-access-first', generation: 1, tokenType: 'Bearer' });
  });

  it('again moves the generation on and hands back the old tokens for revocation', async () => {
    await connect();
    const { state, superseded } = await connect('one', 'second');
    expect(state.generation).toBe(2);
    expect(superseded).toEqual({
      provider: 'acme',
      clientId: 'muxgate',
      accessToken: 'plain-access-first',
      refreshToken: 'plain-refresh-first',
    });
  });

  it('lists states page by page, in the order of ids', async () => {
    for (const id of ['b', 'a', 'c']) await connect(id);
    const first = await vault.listStates({ limit: 2 });
    expect(first.items.map((item) => item.credential)).toEqual(['a', 'b']);
    const second = await vault.listStates({ cursor: first.nextCursor, limit: 2 });
    expect(second.items.map((item) => item.credential)).toEqual(['c']);
    expect(second.nextCursor).toBeUndefined();
  });

  it('at the same time, many times, leaves generations without a gap', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, (_, i) => connect('one', `n${i}`)));
    expect(results.map(({ state }) => state.generation).every((g) => g >= 1 && g <= 4)).toBe(true);
    expect((await vault.readState('one'))?.generation).toBe(4);
  });

  it('refuses an id that could escape its key', async () => {
    await expect(connect('a}:x')).rejects.toMatchObject({ code: 'credential_id_invalid' });
  });
});

describe('acquiring', () => {
  it('grants one of 40 concurrent callers', async () => {
    await connect();
    await due();
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => (await vault.acquire('one', `w${i}`)).outcome),
    );
    expect(outcomes.filter((outcome) => outcome === 'granted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(39);
  });

  it('gives late callers the result, not a lease', async () => {
    await connect();
    await due();
    await vault.commit(await lease('w1'), tokens('second'), schedule);
    expect(await vault.acquire('one', 'w2', { seenGeneration: 1 })).toEqual({
      outcome: 'fresh',
      generation: 2,
    });
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'waiting' });
  });

  it('answers the same lease to the same attempt, so a command sent twice does no harm', async () => {
    await connect();
    await due();
    expect((await lease('w1')).fence).toBe((await lease('w1')).fence);
  });

  it('grants nothing for a credential that is missing, or needs a new authorization', async () => {
    expect(await vault.acquire('one', 'w1')).toEqual({ outcome: 'missing' });
    await connect();
    await due();
    await vault.fail(await lease('w1'), { ...failure, status: 'reauthorization_required', backoffMs: 0 });
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'terminal' });
    expect(await vault.requestRefresh('one', { force: true })).toBe('terminal');
  });

  it('shows `refreshing` while a lease is held', async () => {
    await connect();
    await due();
    await lease('w1');
    expect((await vault.readState('one'))?.status).toBe('refreshing');
  });
});

describe('a holder that died', () => {
  it('before it sent: the next takes over when the lease ends, and nothing is in doubt', async () => {
    await connect();
    await due();
    const dead = await lease('w1');
    await past('refresh', 'leaseUntil');
    const next = await lease('w2');
    expect(next.fence).toBeGreaterThan(dead.fence);
    expect(next.unknownRotation).toBe(false);
    expect(await vault.markSent(dead)).toBe(false);
  });

  it('after it sent: the next waits a grace for it to return, then finds `unknown_rotation`', async () => {
    await connect();
    await due();
    const dead = await lease('w1');
    expect(await vault.markSent(dead)).toBe(true);
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'busy', owner: 'w1' });
    await past('refresh', 'leaseUntil');
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'busy' });
    await redis.hset('muxgate:{c:one}:refresh', 'suspectAt', Date.now() - 3_000);
    expect((await lease('w2')).unknownRotation).toBe(true);
    expect((await vault.readState('one'))?.lastError?.code).toBe('unknown_rotation');
  });

  it('comes back in its grace: it keeps its lease', async () => {
    await connect();
    await due();
    const slow = await lease('w1');
    await vault.markSent(slow);
    await past('refresh', 'leaseUntil');
    await vault.acquire('one', 'w2');
    expect(await vault.renew(slow)).toBe(true);
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'busy', owner: 'w1' });
  });

  it('is replaced at once when it is proved dead', async () => {
    await connect();
    await due();
    await vault.markSent(await lease('w1'));
    expect((await lease('w2', { deadOwner: 'w1' })).unknownRotation).toBe(true);
  });
});

describe('committing', () => {
  it('moves the generation by one and is what gateways read from then on', async () => {
    await connect();
    await due();
    const committed = await vault.commit(await lease('w1'), tokens('second'), schedule);
    expect(committed).toMatchObject({ outcome: 'committed', generation: 2 });
    expect(await vault.readAccess('one')).toMatchObject({
      accessToken: 'plain-access-second',
      generation: 2,
    });
    expect(await vault.generations(['one', 'two'])).toEqual(new Map([['one', 2]]));
  });

  it('twice, after a lost answer, takes effect once', async () => {
    await connect();
    await due();
    const held = await lease('w1');
    await vault.commit(held, tokens('second'), schedule);
    expect(await vault.commit(held, tokens('second'), schedule)).toMatchObject({
      outcome: 'committed',
      generation: 2,
    });
  });

  it('counts whoever holds the lease by now: what the provider issued is valid', async () => {
    await connect();
    await due();
    const slow = await lease('w1');
    await vault.markSent(slow);
    const other = await lease('w2', { deadOwner: 'w1' });
    expect(await vault.commit(slow, tokens('second'), schedule)).toMatchObject({ outcome: 'committed' });
    expect(await vault.fail(other, { ...failure, status: 'reauthorization_required', backoffMs: 0 })).toBe(
      false,
    );
    expect((await vault.readState('one'))?.status).toBe('active');
  });

  it('too late is kept as an orphan, sealed, and can be promoted', async () => {
    await connect();
    await due();
    const slow = await lease('w1');
    await vault.markSent(slow);
    const other = await lease('w2', { deadOwner: 'w1' });
    await vault.commit(other, tokens('winner'), schedule);
    expect(await vault.commit(slow, tokens('loser'), schedule)).toEqual({
      outcome: 'conflict',
      generation: 2,
    });
    await due();
    const next = await lease('w3');
    if (next.orphan === undefined) throw new Error('the orphan is gone');
    expect(vault.openOrphan(next, next.orphan).refreshToken).toBe('plain-refresh-loser');
    expect(await vault.promote(next, next.orphan, schedule)).toMatchObject({
      outcome: 'committed',
      generation: 3,
    });
    expect((await vault.readAccess('one'))?.accessToken).toBe('plain-access-loser');
    await due();
    expect((await lease('w4')).orphan).toBeUndefined();
  });

  it('an orphan of an authorization before the last reconnect is never offered', async () => {
    await connect();
    await due();
    const slow = await lease('w1');
    await connect('one', 'reconnected');
    expect(await vault.commit(slow, tokens('loser'), schedule)).toMatchObject({ outcome: 'conflict' });
    await due();
    expect((await lease('w2')).orphan).toBeUndefined();
  });

  it('keeps the refresh token of a provider that does not rotate', async () => {
    await connect();
    await due();
    await vault.commit(await lease('w1'), { ...tokens('second'), refreshToken: undefined }, schedule);
    await due();
    expect(vault.openRefreshToken(await lease('w2'))).toBe('plain-refresh-first');
  });

  it('never revives a credential that was removed', async () => {
    await connect();
    await due();
    const held = await lease('w1');
    expect(await vault.remove('one')).toMatchObject({ refreshToken: 'plain-refresh-first' });
    expect(await vault.commit(held, tokens('second'), schedule)).toEqual({ outcome: 'removed' });
    expect(await vault.readState('one')).toBeUndefined();
    expect(await vault.remove('one')).toBeUndefined();
    expect((await connect()).state.generation).toBeGreaterThan(2);
  });
});

describe('failing', () => {
  it('keeps the token set, and backs off in the record', async () => {
    await connect();
    await due();
    expect(await vault.fail(await lease('w1'), { ...failure, backoffMs: 5_000 })).toBe(true);
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'waiting' });
    const state = await vault.readState('one');
    expect(state).toMatchObject({
      status: 'refresh_failing',
      generation: 1,
      lastError: { code: 'unavailable' },
    });
    await past('refresh', 'notBefore');
    expect((await lease('w3')).failures).toBe(1);
  });

  it('does not count from a holder that was overtaken', async () => {
    await connect();
    await due();
    const slow = await lease('w1');
    await lease('w2', { deadOwner: 'w1' });
    expect(await vault.fail(slow, { ...failure, status: 'reauthorization_required', backoffMs: 0 })).toBe(
      false,
    );
  });

  it('remembers that a rotation is unknown until a commit settles it', async () => {
    await connect();
    await due();
    await vault.fail(await lease('w1'), { ...failure, backoffMs: 0, unknownRotation: true });
    await vault.fail(await lease('w2'), { ...failure, backoffMs: 0 });
    const settled = await lease('w3');
    expect(settled.unknownRotation).toBe(true);
    await vault.commit(settled, tokens('second'), schedule);
    await due();
    expect((await lease('w4')).unknownRotation).toBe(false);
  });
});

describe('asking for a refresh', () => {
  it('is granted once a minute', async () => {
    await connect();
    expect(await vault.requestRefresh('one', { newerThan: 1 })).toBe('queued');
    expect(await vault.requestRefresh('one', { newerThan: 1 })).toBe('queued'); // the same one, still pending
    await vault.commit(await lease('w1'), tokens('second'), schedule);
    expect(await vault.requestRefresh('one', { newerThan: 1 })).toBe('fresh');
    expect(await vault.requestRefresh('one', { newerThan: 2 })).toBe('throttled');
    await redis.hset('muxgate:{c:one}:access', 'forcedAt', Date.now() - 61_000);
    expect(await vault.requestRefresh('one', { newerThan: 2 })).toBe('queued');
    expect(await vault.requestRefresh('two', {})).toBe('missing');
  });

  it('soon after a refresh waits until 5 s after it', async () => {
    await connect();
    await due();
    await vault.commit(await lease('w1'), tokens('second'), schedule);
    expect(await vault.requestRefresh('one', { newerThan: 2 })).toBe('queued');
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'waiting' });
  });

  it('by an operator ends a back-off', async () => {
    await connect();
    await due();
    await vault.fail(await lease('w1'), { ...failure, backoffMs: 50_000 });
    expect(await vault.requestRefresh('one', { newerThan: 1 })).toBe('queued');
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'waiting' });
    expect(await vault.requestRefresh('one', { force: true })).toBe('queued');
    expect(await vault.acquire('one', 'w2')).toMatchObject({ outcome: 'granted' });
  });
});

describe('the due index', () => {
  it('is rebuilt from the records when it is lost', async () => {
    await connect('one');
    await connect('two');
    await due('two');
    await redis.del('muxgate:due');
    await vault.dueIndex.rebuild();
    expect(await vault.dueIndex.due(Date.now(), 10)).toEqual(['two']);
    expect(await redis.zcard('muxgate:due')).toBe(2);
  });

  it('loses what has nothing to wait for', async () => {
    await connect();
    await due();
    await vault.fail(await lease('w1'), { ...failure, status: 'reauthorization_required', backoffMs: 0 });
    await vault.dueIndex.rebuild();
    expect(await redis.zcard('muxgate:due')).toBe(0);
  });
});

it('no token is in Redis in the clear, whatever happened to it', async () => {
  await connect();
  await due();
  const slow = await lease('w1');
  await vault.markSent(slow);
  await vault.commit(await lease('w2', { deadOwner: 'w1' }), tokens('winner'), schedule);
  await vault.commit(slow, tokens('loser'), schedule);
  const dump: string[] = [];
  for (const key of await redis.keys('*')) dump.push(key, JSON.stringify(await redis.dump(key)));
  for (const key of await redis.keys('muxgate:{c:*')) dump.push(JSON.stringify(await redis.hgetall(key)));
  expect(dump.join()).toContain('orphan:1:');
  expect(dump.join()).not.toContain('plain-');
});
