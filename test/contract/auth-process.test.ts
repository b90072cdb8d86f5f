import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvironmentInvalid } from '@muxgate/runtime';
import { describe, expect, it } from 'vitest';
import { createAuthApp } from '../../services/auth/src/auth-app.ts';
import { consent, request, startAuthWorld } from './auth-harness.ts';

describe('at start', () => {
  it('tells every fault of the environment at once, by name and without its value', async () => {
    const failure = await createAuthApp({
      PORT: 'eighty',
      PUBLIC_URL: 'ftp://x',
      MUXGATE_ADMIN_TOKENS: 'root:emperor:abc',
      MUXGATE_LOCAL_CLIENT_KEY_HASH: 'mxg_plain',
      TRUSTED_PROXIES: 'everybody',
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EnvironmentInvalid);
    const { problems } = failure as EnvironmentInvalid;
    const names = problems.map((problem) => problem.slice(0, problem.indexOf(':')));
    expect(new Set(names)).toEqual(
      new Set([
        'PORT',
        'PUBLIC_URL',
        'MUXGATE_ADMIN_TOKENS',
        'MUXGATE_LOCAL_CLIENT_KEY_HASH',
        'TRUSTED_PROXIES',
        'MUXGATE_ACCESS_KEYS',
        'MUXGATE_REFRESH_KEYS',
      ]),
    );
    expect(problems.join()).not.toMatch(/emperor|mxg_plain/);
  });

  it('names a key ring that cannot be used', async () => {
    const failure = await createAuthApp({
      MUXGATE_ADMIN_TOKENS: `root:admin:${'0'.repeat(64)}`,
      MUXGATE_ACCESS_KEYS: 'k1:c2hvcnQ=',
      MUXGATE_REFRESH_KEYS: 'nothing',
    }).catch((error: unknown) => error);
    expect((failure as EnvironmentInvalid).problems).toEqual([
      expect.stringContaining('MUXGATE_ACCESS_KEYS'),
      expect.stringContaining('MUXGATE_REFRESH_KEYS'),
    ]);
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startAuthWorld({ env: { PORT: String(port) } })).rejects.toThrow(`port ${port}`);
    other.close();
  });
});

describe('where a caller is', () => {
  it.each([
    ['127.0.0.1', '203.0.113.9'],
    ['127.0.0.0/8,203.0.113.0/24', '198.51.100.4'],
    [undefined, '127.0.0.1'],
  ])('with TRUSTED_PROXIES %s is told by them and nobody else: %s', async (proxies, from) => {
    const world = await startAuthWorld({ env: proxies === undefined ? {} : { TRUSTED_PROXIES: proxies } });
    const headers = { 'x-forwarded-for': '198.51.100.4, 203.0.113.9' };
    await world.call('POST', '/api/keys', { body: { name: 'k' }, headers });
    const { items } = (await world.call('GET', '/api/audit?action=client-key.create')).json;
    expect(items[0].from).toBe(from);
    await world.stop();
  });
});

describe('a public address', () => {
  it('by https makes redirect URIs of it, whatever Host says, and a __Host- cookie', async () => {
    const world = await startAuthWorld({ env: { PUBLIC_URL: 'https://mux.example/' } });
    const { json, headers } = await world.call('POST', '/api/oauth/authorize', {
      body: { provider: 'sandbox' },
      headers: { 'x-forwarded-host': 'attacker.example', 'sec-fetch-site': 'same-origin' },
    });
    const redirect = new URL(json.url as string).searchParams.get('redirect_uri');
    expect(redirect).toBe('https://mux.example/api/oauth/callback');
    expect(json.completion).toBe('callback');
    const cookie = headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/^__Host-muxgate_browser=/);
    expect(cookie).toMatch(/; Secure/i);
    expect(cookie).not.toMatch(/Domain/i);
    await world.stop();
  });
});

describe('while Redis is away', () => {
  it('is not ready, answers 503 problems and a page, and loses nothing', async () => {
    const world = await startAuthWorld();
    const begun = await world.call('POST', '/api/oauth/authorize', { body: { provider: 'sandbox' } });
    const back = await consent(begun.json.url as string);
    world.redisServer.freeze();
    const [api, page, ready] = await Promise.all([
      world.call('GET', '/api/keys'),
      fetch(back),
      request(world.auth.managementUrl, 'GET', '/readyz'),
    ]);
    world.redisServer.thaw();
    expect([api.status, api.json.code]).toEqual([503, 'store_unavailable']);
    expect(api.headers.get('retry-after')).toBe('1');
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('Not connected yet');
    expect(ready.status).toBe(503);

    await expect
      .poll(async () => (await request(world.auth.managementUrl, 'GET', '/readyz')).status)
      .toBe(200);
    expect((await fetch(back)).status).toBe(200);
    await world.stop();
  });
});

describe('at the end', () => {
  it('leaves the load balancer first, finishes what is open, and then refuses', async () => {
    const world = await startAuthWorld();
    const names = world.auth.stop.map(({ name }) => name);
    expect(names[0]).toBe('leave the load balancer');
    await world.auth.stop[0]?.run();
    expect((await request(world.auth.managementUrl, 'GET', '/readyz')).status).toBe(503);
    expect((await world.call('GET', '/api/keys')).status).toBe(200);

    const begun = await world.call('POST', '/api/oauth/authorize', { body: { provider: 'sandbox' } });
    const redirectUrl = (await consent(begun.json.url as string)).href;
    await fetch(`${world.sandbox.url}/sandbox/token-endpoint`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode: 'slow', ms: 500, count: 1 }),
    });
    const open = world.call('POST', '/api/oauth/exchange', { body: { redirectUrl } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const stoppedAt = performance.now();
    for (const step of world.auth.stop.slice(1)) await step.run();
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    expect((await open).json).toMatchObject({ status: 'active' });
    await expect(world.call('GET', '/api/keys')).rejects.toThrow('fetch failed');
  });
});
