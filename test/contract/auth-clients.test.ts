import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR, sha256, startAuthWorld, type AuthWorld } from './auth-harness.ts';

let world: AuthWorld;

beforeAll(async () => {
  world = await startAuthWorld({
    clients: `
clients:
  timeZone: Europe/Berlin
  teams:
    - { name: declared, models: ["claude-*"], limits: { requestsPerMinute: 9 } }
  keys:
    - { name: ci, hash: ${sha256('mxg_ci')}, team: declared, expiresAt: "2099-01-01T00:00:00Z" }
    - { name: cd, hash: ${sha256('mxg_cd')}, budget: { usd: 5, period: month } }
`,
  });
});
afterAll(() => world.stop());

const create = async (body: object) => (await world.call('POST', '/api/keys', { body })).json;

describe('a client key', () => {
  it('has all that it is given, is changed in what is named, and loses what is null', async () => {
    const settings = {
      owner: 'dana@example.com',
      team: 'platform',
      labels: { cost: 'r-and-d' },
      models: ['claude-*'],
      providers: ['sandbox'],
      limits: { requestsPerMinute: 100, tokensPerMinute: 10_000, concurrentRequests: 3 },
      budget: { usd: 1.5, period: 'week' },
    };
    const made = await create({ name: 'whole', ...settings });
    expect(made).toMatchObject({
      ...settings,
      budget: { ...settings.budget, warnAtPercent: 80 },
      mayPin: false,
      source: 'api',
    });
    const path = `/api/keys/${made.id}`;
    const changed = await world.call('PATCH', path, {
      token: OPERATOR,
      body: { limits: { requestsPerMinute: 5 }, owner: null, disabled: true },
    });
    expect(changed.json).toMatchObject({
      limits: { requestsPerMinute: 5 },
      disabled: true,
      team: 'platform',
    });
    expect(changed.json.limits).not.toHaveProperty('tokensPerMinute');
    expect(changed.json).not.toHaveProperty('owner');
    expect((await world.call('GET', path)).json).toEqual(changed.json);
    expect(changed.json.budget).toMatchObject({ usd: 1.5, spent: 0, remaining: 1.5 });
    const resetsAt = new Date(changed.json.budget.resetsAt);
    expect(
      resetsAt.toLocaleString('en-GB', { timeZone: 'Europe/Berlin', weekday: 'short', hour: '2-digit' }),
    ).toMatch(/^Mon,? 00$/);
    const { json } = await world.call('GET', '/api/audit?limit=1');
    expect(json.items[0]).toMatchObject({
      action: 'client-key.change',
      details: { changed: ['limits', 'owner', 'disabled'] },
    });
  });

  it.each([
    [{ limits: { requestsPerMinute: 0 } }, 'limits.requestsPerMinute'],
    [{ limits: { perDay: 3 } }, 'limits.perDay'],
    [{ limits: 3 }, 'limits'],
    [{ budget: { usd: 1, period: 'year' } }, 'budget.period'],
    [{ budget: { period: 'day' } }, 'budget.usd'],
    [{ limits: [{ requestsPerMinute: 3 }] }, 'limits'],
    [{ budget: [] }, 'budget'],
    [{ labels: { a: 1 } }, 'labels'],
    [{ models: ['m', ''] }, 'models'],
    [{ name: null }, 'name'],
    [{ key: 'mxg_mine' }, 'key'],
  ])('is not changed to %j', async (body, path) => {
    const { id } = await create({ name: 'steady' });
    const answer = await world.call('PATCH', `/api/keys/${id}`, { body });
    expect([answer.status, answer.json.code]).toEqual([400, 'validation_failed']);
    expect(answer.json.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('keeps no null that gateways would count with: it says what absence says', async () => {
    const { id } = await create({
      name: 'nulls',
      limits: { requestsPerMinute: null, tokensPerMinute: 7 },
      budget: { usd: 1, period: 'day', warnAtPercent: null },
    });
    const { json } = await world.call('GET', `/api/keys/${id}`);
    expect(json.limits).toEqual({ tokensPerMinute: 7 });
    expect(json.budget.warnAtPercent).toBe(80);
  });

  it('is rotated: another key, the same id', async () => {
    const made = await create({ name: 'turning' });
    const rotated = await world.call('POST', `/api/keys/${made.id}/rotate`, { body: { overlapSeconds: 60 } });
    expect(rotated.status).toBe(200);
    expect(rotated.json).toMatchObject({ id: made.id, name: 'turning', rotatedAt: expect.any(String) });
    expect(rotated.json.key).not.toBe(made.key);
    const unknown = await world.call('POST', '/api/keys/key_none/rotate', { body: {} });
    expect([unknown.status, unknown.json.code]).toEqual([404, 'client_key_not_found']);
  });

  it('of the configuration file is shown as such, and changed nowhere but there', async () => {
    const { json } = await world.call('GET', '/api/keys/file_ci');
    expect(json).toEqual({
      id: 'file_ci',
      name: 'ci',
      team: 'declared',
      mayPin: false,
      expiresAt: '2099-01-01T00:00:00.000Z',
      source: 'file',
    });
    for (const [method, path, body] of [
      ['PATCH', '/api/keys/file_ci', { name: 'x' }],
      ['POST', '/api/keys/file_ci/rotate', {}],
      ['DELETE', '/api/keys/file_ci', undefined],
      ['PUT', '/api/teams/declared', {}],
      ['PATCH', '/api/teams/declared', {}],
      ['DELETE', '/api/teams/declared', undefined],
    ] as const) {
      const answer = await world.call(method, path, body ? { body } : {});
      expect([method, path, answer.status, answer.json.code]).toEqual([
        method,
        path,
        409,
        'declared_in_file',
      ]);
    }
  });

  it('is listed once, those of the file first, whatever the size of the pages', async () => {
    await create({ name: 'listed-1' });
    await create({ name: 'listed-2' });
    const idsBy = async (limit: number): Promise<string[]> => {
      const ids: string[] = [];
      let cursor = '';
      do {
        const { json } = await world.call('GET', `/api/keys?limit=${limit}${cursor}`);
        ids.push(...json.items.map((item: { id: string }) => item.id));
        cursor = json.nextCursor === undefined ? '' : `&cursor=${json.nextCursor}`;
      } while (cursor !== '');
      return ids;
    };
    const all = await idsBy(1000);
    expect(all.slice(0, 2)).toEqual(['file_ci', 'file_cd']);
    expect(new Set(all).size).toBe(all.length);
    for (const limit of [1, 2, 3]) expect(await idsBy(limit)).toEqual(all);
  });
});

describe('a team', () => {
  it('is made, changed, listed beside those of the file, and forgotten', async () => {
    const limits = { concurrentRequests: 4 };
    const made = await world.call('PUT', '/api/teams/platform', { token: OPERATOR, body: { limits } });
    expect([made.status, made.json]).toEqual([200, { name: 'platform', limits, source: 'api' }]);
    const budget = { usd: 10, period: 'month', warnAtPercent: 50 };
    await world.call('PATCH', '/api/teams/platform', { body: { budget, models: ['m'] } });
    const changed = await world.call('PATCH', '/api/teams/platform', { body: { models: null } });
    expect(changed.json).toEqual({ name: 'platform', limits, budget, source: 'api' });
    const scope = `team:platform:month:${new Date().toLocaleDateString('sv', { timeZone: 'Europe/Berlin' }).slice(0, 8)}01`;
    await world.redis.hset(`muxgate:{limits}:budget:${scope}`, 'spent', 2_500_000_000);
    expect((await world.call('GET', '/api/teams/platform')).json).toEqual({
      ...changed.json,
      budget: { ...budget, spent: 2.5, remaining: 7.5, resetsAt: expect.any(String) },
    });
    const { json } = await world.call('GET', '/api/teams');
    expect(json.items.map(({ name, source }: { name: string; source: string }) => [name, source])).toEqual([
      ['declared', 'file'],
      ['platform', 'api'],
    ]);
    const first = await world.call('GET', '/api/teams?limit=1');
    expect(first.json.nextCursor).toBe('declared');
    expect((await world.call('GET', '/api/teams?limit=1&cursor=declared')).json.items).toHaveLength(1);
    expect((await world.call('DELETE', '/api/teams/platform')).status).toBe(204);
    const gone = await world.call('GET', '/api/teams/platform');
    expect([gone.status, gone.json.code]).toEqual([404, 'team_not_found']);
  });

  it('has a name that fits into a path', async () => {
    const answer = await world.call('PUT', '/api/teams/a%20b', { body: {} });
    expect([answer.status, answer.json.errors[0].path]).toEqual([400, 'name']);
  });
});
