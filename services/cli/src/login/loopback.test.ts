import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { isLoopbackRedirect, openLoopback, type Loopback } from './loopback.ts';

async function opened(registered = 'http://127.0.0.1/callback'): Promise<Loopback> {
  const loopback = await openLoopback(registered);
  if (!loopback) throw new Error('no port was free');
  onTestFinished(() => loopback.close());
  return loopback;
}

it.each([
  ['http://127.0.0.1/callback', true],
  ['http://localhost:1455/auth/callback', true],
  ['http://[::1]/callback', true],
  ['https://127.0.0.1/callback', false],
  ['http://127.0.0.1.evil.example/callback', false],
  ['https://console.example/oauth/code/callback', false],
  ['', false],
])('%s leads to this machine: %s', (redirectUri, leads) => {
  expect(isLoopbackRedirect(redirectUri)).toBe(leads);
});

it('the answer with the state is caught whole, once, and the browser waits for the outcome', async () => {
  const loopback = await opened();
  const caught = loopback.catch('s1');
  const answer = fetch(`${loopback.redirectUri}?code=c1&state=s1&iss=http%3A%2F%2Fas`);
  const { redirectUrl, respond } = await caught;
  expect(redirectUrl).toBe(`${loopback.redirectUri}?code=c1&state=s1&iss=http%3A%2F%2Fas`);
  const again = await fetch(`${loopback.redirectUri}?code=c1&state=s1`);
  expect(again.status).toBe(400);
  respond('connected');
  const page = await answer;
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('cache-control')).toBe('no-store');
});

it.each([
  ['another state', '?code=c&state=s2'],
  ['no state', '?code=c'],
  ['two states', '?code=c&state=s1&state=s2'],
])(
  'an answer with %s is refused, says nothing of itself, and the rightful one is still caught',
  async (_what, query) => {
    const loopback = await opened();
    const caught = loopback.catch('s1');
    const forged = await fetch(`${loopback.redirectUri}${query}`);
    expect(forged.status).toBe(400);
    expect(await forged.text()).not.toContain('s2');
    void fetch(`${loopback.redirectUri}?code=mine&state=s1`).catch(() => undefined);
    const { redirectUrl, respond } = await caught;
    respond('connected');
    expect(redirectUrl).toContain('code=mine');
  },
);

it('other paths and methods are not answered', async () => {
  const loopback = await opened();
  void loopback.catch('s1');
  const { origin } = new URL(loopback.redirectUri);
  expect((await fetch(`${origin}/other?code=c&state=s1`)).status).toBe(404);
  expect((await fetch(`${loopback.redirectUri}?code=c&state=s1`, { method: 'POST' })).status).toBe(404);
});

it('a fixed port is taken, and where it is in use there is none', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  expect(await openLoopback(`http://localhost:${port}/callback`)).toBeUndefined();
  other.close();
  expect((await opened(`http://localhost:${port}/callback`)).redirectUri).toBe(
    `http://localhost:${port}/callback`,
  );
});

it('where 1455 is in use, 1457 is the other one that the vendor knows', async () => {
  const first = await openLoopback('http://localhost:1455/auth/callback');
  if (first) onTestFinished(() => first.close());
  const second = await openLoopback('http://localhost:1455/auth/callback');
  if (second) onTestFinished(() => second.close());
  // whatever else runs on this machine, no third port is ever taken
  const found = [first, second].flatMap((loopback) => (loopback ? [loopback.redirectUri] : []));
  expect(['http://localhost:1455/auth/callback', 'http://localhost:1457/auth/callback']).toEqual(
    expect.arrayContaining(found),
  );
  expect(second?.redirectUri).not.toBe('http://localhost:1455/auth/callback');
});
