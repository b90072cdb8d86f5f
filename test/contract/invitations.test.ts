import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../scripts/checks/chromium.ts';
import { consent, OPERATOR, startAuthWorld, VIEWER, type AuthWorld } from './auth-harness.ts';

let world: AuthWorld;
beforeAll(async () => {
  world = await startAuthWorld();
});
afterAll(() => world.stop());

const invite = async (provider: string, credential: string, more: object = {}) => {
  const body = { provider, credential, ...more };
  const created = await world.call('POST', '/api/oauth/invitations', { token: OPERATOR, body });
  expect(created.status).toBe(201);
  return created.json as { id: string; url: string; status: string };
};

/** A person's browser, as far as it matters here: it keeps cookies and follows nothing by itself. */
class Visitor {
  private cookie = '';

  async go(url: string, form?: Record<string, string>) {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: this.cookie },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(';')[0] ?? '';
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

describe('an invitation', () => {
  it('lets a person connect one credential once, by callback, without an admin token', async () => {
    const { url, id } = await invite('sandbox', 'alice');
    const alice = new Visitor();
    const page = await alice.go(url);
    expect(page.status).toBe(200);
    for (const text of ['ops', 'sandbox', 'alice']) expect(page.text).toContain(text);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const started = await alice.go(url, {});
    expect(started.status).toBe(303);
    const back = await consent(started.headers.get('location') ?? '');
    expect((await new Visitor().go(back.href)).status).toBe(400);
    const done = await alice.go(back.href);
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('Connected')]);
    const token = await world.call('GET', '/api/oauth/tokens/alice');
    expect(token.json).toMatchObject({ provider: 'sandbox', status: 'active' });

    expect((await alice.go(url)).text).toContain('Connected');
    expect((await alice.go(url, {})).status).toBe(410);
    expect((await new Visitor().go(url)).status).toBe(410);
    const { json } = await world.call('GET', '/api/audit');
    const seen = (json.items as { action: string; actor: string; outcome: string }[])
      .filter(({ outcome }) => outcome === 'success')
      .map(({ action, actor }) => [action, actor]);
    expect(seen.slice(0, 3)).toEqual([
      ['credential.connect', `invitation:${id}`],
      ['invitation.start', `invitation:${id}`],
      ['invitation.create', 'ops'],
    ]);
  });

  it('is completed by a pasted code or address where the provider does not send the browser back here', async () => {
    const { url } = await invite('pasted', 'bob');
    const bob = new Visitor();
    await bob.go(url);
    expect((await bob.go(url, {})).headers.get('location')).toBe(new URL(url).pathname);
    const page = await bob.go(url);
    const vendor = /href="(http[^"]+\/auth\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const wrong = await bob.go(`${url}/code`, { answer: 'two#many#parts' });
    expect([wrong.status, wrong.text]).toEqual([
      400,
      expect.stringContaining('neither a code nor an address'),
    ]);
    const back = await consent(vendor);
    const done = await bob.go(`${url}/code`, { answer: ` ${back.href}\n` });
    expect([done.status, done.headers.get('location')]).toEqual([303, new URL(url).pathname]);
    expect((await world.call('GET', '/api/oauth/tokens/bob')).json).toMatchObject({ provider: 'pasted' });
  });

  it('shows a device code, and looks again by itself', async () => {
    const { url } = await invite('television', 'carol');
    const carol = new Visitor();
    await carol.go(url);
    await carol.go(url, {});
    const page = await carol.go(url);
    expect(page.headers.get('refresh')).toBe('5');
    expect(page.text).toMatch(/class="code">[A-Z0-9-]{6,}</);
  });

  it('is tied to the browser that begins it; looking at the link ties nothing', async () => {
    const { url } = await invite('sandbox', 'dave');
    const [preview, dave, thief] = [new Visitor(), new Visitor(), new Visitor()];
    for (const visitor of [preview, dave, thief]) expect((await visitor.go(url)).status).toBe(200);
    expect((await dave.go(url, {})).status).toBe(303);
    const other = await thief.go(url, {});
    expect([other.status, other.text]).toEqual([409, expect.stringContaining('another browser')]);
    expect((await new Visitor().go(url, {})).status).toBe(400); // without the cookie: a form of another site
  });

  it('that was revoked, even in the middle, or has ended connects nothing', async () => {
    const { url, id } = await invite('sandbox', 'eve');
    const eve = new Visitor();
    await eve.go(url);
    const started = await eve.go(url, {});
    const back = await consent(started.headers.get('location') ?? '');
    expect((await world.call('DELETE', `/api/oauth/invitations/${id}`, { token: OPERATOR })).status).toBe(
      204,
    );
    expect((await eve.go(back.href)).status).toBe(410);
    expect((await world.call('GET', '/api/oauth/tokens/eve')).status).toBe(404);
    expect((await eve.go(url)).status).toBe(410);
    const again = await world.call('DELETE', `/api/oauth/invitations/${id}`, { token: OPERATOR });
    expect([again.status, again.json.code]).toEqual([404, 'invitation_not_found']);

    const short = await invite('sandbox', 'eve');
    await world.redis.hset(`muxgate:{i:${short.id}}:invitation`, 'expiresAt', Date.now() - 1);
    expect((await eve.go(short.url)).status).toBe(410);
    expect((await eve.go(short.url, {})).status).toBe(410);
    const list = await world.call('GET', '/api/oauth/invitations', { token: VIEWER });
    expect(list.json.items[0]).toMatchObject({ id: short.id, status: 'expired', credential: 'eve' });
  });

  it('has its link in the one answer, and its secret nowhere else', async () => {
    const { url } = await invite('sandbox', 'frank');
    await new Visitor().go(url);
    const secret = url.split('.').at(-1) ?? '';
    const list = await world.call('GET', '/api/oauth/invitations');
    const names = await world.redis.keys('*');
    const dumps = await Promise.all(names.map((name) => world.redis.dumpBuffer(name)));
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect([list.text, ...world.logs].filter((text) => text.includes(secret))).toEqual([]);
    expect(dumps.filter((dump) => dump.includes(secret))).toEqual([]);
    const forged = url.slice(0, -2) + (url.endsWith('AA') ? 'BB' : 'AA');
    expect((await new Visitor().go(forged)).status).toBe(410);
  });

  it.each([
    ['an unknown provider', { provider: 'none', credential: 'x' }, 404],
    ['an id that no credential can have', { provider: 'sandbox', credential: '{client}' }, 400],
    ['a life beyond 30 days', { provider: 'sandbox', credential: 'x', expiresInSeconds: 2_592_001 }, 400],
  ])('is refused for %s', async (_name, body, status) => {
    expect((await world.call('POST', '/api/oauth/invitations', { body })).status).toBe(status);
  });

  it('answers 429 to an address that asks and asks', async () => {
    const visitor = new Visitor();
    const { url } = await invite('sandbox', 'grace');
    expect((await visitor.go(url)).status).toBe(200);
    const [counter = ''] = await world.redis.keys('muxgate:rate:invite:*');
    expect(await world.redis.pttl(counter)).toBeGreaterThan(0);
    await world.redis.incrby(counter, 120);
    const refused = await visitor.go(url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    await world.redis.del(counter);
  });

  const executablePath = chromiumPath();
  it.skipIf(executablePath === undefined)(
    'works in a browser, with a narrow screen and in the dark (skipped where there is no Chromium)',
    async () => {
      const { url } = await invite('sandbox', 'heidi');
      const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
      try {
        const options = {
          viewport: { width: 360, height: 740 },
          colorScheme: 'dark',
          javaScriptEnabled: false,
        } as const;
        const page = await browser.newPage(options);
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(url);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByRole('heading', { name: 'Connected' }).waitFor();
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
      expect((await world.call('GET', '/api/oauth/tokens/heidi')).json).toMatchObject({ status: 'active' });
    },
  );
});
