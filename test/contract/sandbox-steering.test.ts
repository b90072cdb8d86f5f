import { createHash } from 'node:crypto';
import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.js';
import { connect, postJson, sandboxStats } from './sandbox-client.js';

let sandbox: Sandbox;
let token: string;
beforeAll(async () => {
  sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 600 });
  token = (await connect(sandbox.url)).access_token;
});
afterAll(() => sandbox.close());

const SURFACES = {
  '/v1/messages': {
    body: { model: 'claude-sandbox-1', max_tokens: 64, messages: [{ role: 'user', content: 'hi' }] },
    delta: 'text_delta',
    closing: 'message_stop',
    error: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"',
  },
  '/v1/chat/completions': {
    body: { model: 'gpt-sandbox-1', messages: [{ role: 'user', content: 'hi' }] },
    delta: '"delta":{"content":"',
    closing: '[DONE]',
    error: 'data: {"error":{"message":"Overloaded","type":"server_error"',
  },
  '/v1/responses': {
    body: { model: 'gpt-sandbox-1', input: 'hi' },
    delta: 'event: response.output_text.delta',
    closing: 'response.completed',
    error: 'event: error\ndata: {"type":"error"',
  },
};
const PATHS = Object.keys(SURFACES) as (keyof typeof SURFACES)[];

function ask(
  path: keyof typeof SURFACES,
  stream: boolean,
  steering: Record<string, string | number>,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const headers = Object.entries(steering).map(([name, value]) => [`x-sandbox-${name}`, String(value)]);
  return fetch(`${sandbox.url}${path}?beta=true`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      ...(Object.fromEntries(headers) as Record<string, string>),
    },
    body: JSON.stringify({ ...SURFACES[path].body, stream }),
    signal,
  });
}
const occurrences = (text: string, part: string): number => text.split(part).length - 1;

async function logged(tag: string): Promise<{ response: Record<string, unknown> } & Record<string, string>> {
  const answer = await fetch(`${sandbox.url}/sandbox/requests/${tag}`);
  const { requests } = (await answer.json()) as { requests?: never[] };
  return requests?.at(-1) as never;
}

describe.each(PATHS)('%s', (path) => {
  const { delta, closing, error } = SURFACES[path];

  it('status and retry-after: the error asked for, in the envelope of the vendor', async () => {
    const response = await ask(path, true, { status: 529, 'retry-after': 7 });
    expect([response.status, response.headers.get('retry-after')]).toEqual([529, '7']);
    const { error: body } = (await response.json()) as { error: { type: string } };
    expect(body.type).toBe(path === '/v1/messages' ? 'overloaded_error' : 'server_error');
  });

  it('events: so many text deltas, and interval 0 sends them in one burst', async () => {
    const text = await (await ask(path, true, { events: 100, 'interval-ms': 0 })).text();
    expect(occurrences(text, delta)).toBe(100);
    expect(text).toContain(closing);
  });

  it('interval-ms: the pace between content events', async () => {
    const start = performance.now();
    await (await ask(path, true, { events: 5, 'interval-ms': 40 })).text();
    expect(performance.now() - start).toBeGreaterThan(150);
  });

  it('text and bytes: what and how much is said', async () => {
    expect(await (await ask(path, false, { text: 'exactly this' })).text()).toContain('"exactly this"');
    const large = await (await ask(path, false, { bytes: 300_000 })).text();
    expect(large.match(/[a-z ]{1000,}/)?.[0]).toHaveLength(300_000);
  });

  it.each([true, false])(
    'encoding gzip: compressed on the wire, the same inside (stream: %s)',
    async (stream) => {
      const response = await ask(path, stream, { encoding: 'gzip', text: 'squeezed', 'interval-ms': 0 });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(await response.text()).toContain('squeezed');
    },
  );

  it('fail reset: the connection breaks in mid-answer, or before any byte', async () => {
    const response = await ask(path, true, { fail: 'reset', events: 10, 'interval-ms': 1 });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    const whole = await ask(path, false, { fail: 'reset', bytes: 1000 });
    await expect(whole.text()).rejects.toThrow('terminated');
    await expect(ask(path, true, { fail: 'reset', 'fail-after': 0 })).rejects.toThrow('fetch failed');
  });

  it('fail truncate: a stream ends in good order without its end, a JSON answer falls short of its length', async () => {
    const text = await (await ask(path, true, { fail: 'truncate', events: 10, 'fail-after': 3 })).text();
    expect(occurrences(text, delta)).toBe(3);
    expect(text).not.toContain(closing);
    await expect((await ask(path, false, { fail: 'truncate' })).text()).rejects.toThrow('terminated');
  });

  it('fail cut-json and second-start: an event breaks off, or the answer begins again', async () => {
    const cut = await (await ask(path, true, { fail: 'cut-json', events: 10, 'fail-after': 3 })).text();
    expect(occurrences(cut, delta)).toBeGreaterThanOrEqual(3);
    expect(cut).not.toContain(closing);
    expect(cut.endsWith('\n')).toBe(false);
    const twice = await (await ask(path, true, { fail: 'second-start', events: 10, 'fail-after': 3 })).text();
    expect(occurrences(twice, delta)).toBe(13);
    expect(occurrences(twice, closing)).toBeGreaterThanOrEqual(1);
  });

  it('fail mid-stream-error and early-error: an error event after content, or as the very first', async () => {
    const text = await (await ask(path, true, { fail: 'mid-stream-error', events: 4 })).text();
    expect(occurrences(text, delta)).toBe(2);
    expect(text).toContain(error);
    expect(text).not.toContain(closing);
    const early = await ask(path, true, { fail: 'early-error' });
    expect(early.status).toBe(200);
    expect(await early.text()).toMatch(new RegExp(`^${error.replace(/[{"[\\]/g, '\\$&')}`));
    expect((await ask(path, false, { fail: 'early-error' })).status).toBe(529);
  });

  it('fail html: a page instead of an answer', async () => {
    const response = await ask(path, false, { fail: 'html' });
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toContain('<html>');
  });

  it('fail hang and silence: nothing, or half an answer and then nothing', async () => {
    await expect(ask(path, true, { fail: 'hang' }, AbortSignal.timeout(150))).rejects.toThrow('timeout');
    const response = await ask(
      path,
      true,
      { fail: 'silence', events: 4, 'interval-ms': 0 },
      AbortSignal.timeout(250),
    );
    const decoder = new TextDecoder();
    let received = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? [])
        received += decoder.decode(chunk as Uint8Array, { stream: true });
    })();
    await expect(reading).rejects.toThrow('timeout');
    expect(occurrences(received, delta)).toBe(2);
  });
});

it('delay-ms: waits before the first byte', async () => {
  const start = performance.now();
  const response = await ask('/v1/messages', true, { 'delay-ms': 120 });
  expect(performance.now() - start).toBeGreaterThan(115);
  expect(await response.text()).toContain('message_stop');
});

it('times: only the first so many requests of a tag fail', async () => {
  const statuses: number[] = [];
  for (let at = 0; at < 3; at += 1) {
    statuses.push((await ask('/v1/messages', false, { status: 500, tag: 'flaky', times: 2 })).status);
  }
  expect(statuses).toEqual([500, 500, 200]);
});

it.each([{ status: 'teapot' }, { fail: 'nicely' }, { events: 0 }, { encoding: 'br' }])(
  'refuses %o',
  async (steering) => {
    expect((await ask('/v1/messages', false, steering as never)).status).toBe(400);
  },
);

it('fails nobody who has no valid token', async () => {
  const response = await postJson(
    `${sandbox.url}/v1/messages`,
    {},
    { 'x-sandbox-status': '529', 'anthropic-version': '2023-06-01' },
  );
  expect(response.status).toBe(401);
});

describe('what the vendor saw', () => {
  it('keeps the exact bytes of a tagged request and a digest of its answer, and no credential', async () => {
    const body = '{ "model" :"gpt-sandbox-1",\n"messages":[{"role":"user","content":"caf\\u00e9 ☕"}] }';
    const response = await fetch(`${sandbox.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'x-sandbox-tag': 'exact' },
      body,
    });
    const answer = Buffer.from(await response.arrayBuffer());
    await expect.poll(async () => (await logged('exact')).response['outcome']).toBe('finished');
    const seen = await logged('exact');
    expect(Buffer.from(seen['bodyBase64'] ?? '', 'base64').toString()).toBe(body);
    expect(seen['bodySha256']).toBe(createHash('sha256').update(body).digest('hex'));
    expect(seen.response).toMatchObject({
      status: 200,
      bytes: answer.length,
      sha256: createHash('sha256').update(answer).digest('hex'),
    });
    const everything = await Promise.all(
      ['stats', 'requests/last', 'requests/exact'].map(async (path) =>
        (await fetch(`${sandbox.url}/sandbox/${path}`)).text(),
      ),
    );
    expect(everything.join()).not.toContain(token);
    expect(everything[2]).toMatch(/"authorization":"Bearer \(redacted sha256:[0-9a-f]{16}\)"/);
    expect((await fetch(`${sandbox.url}/sandbox/requests/unheard-of`)).status).toBe(404);
  });

  it('keeps the digest, not the bytes, of a body above 2 MB', async () => {
    const response = await postJson(
      `${sandbox.url}/v1/chat/completions`,
      { model: 'gpt-sandbox-1', messages: [{ role: 'user', content: 'x'.repeat(2_200_000) }] },
      { authorization: `Bearer ${token}`, 'x-sandbox-tag': 'large' },
    );
    expect(response.status).toBe(200);
    const seen = await logged('large');
    expect(seen['bodyBase64']).toBeUndefined();
    expect(seen['bodySha256']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('stops generating when the client leaves, and bills only what it generated', async () => {
    const before = (await sandboxStats(sandbox.url)).api;
    const controller = new AbortController();
    const response = await ask(
      '/v1/messages',
      true,
      { events: 1000, 'interval-ms': 20, tag: 'left' },
      controller.signal,
    );
    await response.body?.getReader().read();
    expect((await sandboxStats(sandbox.url)).api.streams.open).toBe(1);
    controller.abort();
    await expect.poll(async () => (await sandboxStats(sandbox.url)).api.streams.open).toBe(0);
    const after = (await sandboxStats(sandbox.url)).api;
    expect(after.streams.aborted - before.streams.aborted).toBe(1);
    expect(after.billedTokens.output - before.billedTokens.output).toBeLessThan(100);
    expect((await logged('left')).response['outcome']).toBe('aborted');
  });

  it('waits for a slow reader instead of filling its memory', async () => {
    const socket = connectSocket(sandbox.port, '127.0.0.1');
    const body = JSON.stringify({ ...SURFACES['/v1/chat/completions'].body, stream: true });
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nx-sandbox-tag: slow-reader\r\n` +
        `x-sandbox-bytes: 30000000\r\nx-sandbox-events: 1000\r\nx-sandbox-interval-ms: 0\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const sent = async (): Promise<number> => Number((await logged('slow-reader'))?.response['bytes'] ?? 0);
    await expect.poll(sent, { timeout: 10_000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await sent()).toBeLessThan(20_000_000);
    socket.destroy();
    await once(socket, 'close');
    await expect.poll(async () => (await logged('slow-reader')).response['outcome']).toBe('aborted');
  });

  it('has a page for people', async () => {
    const page = await (await fetch(sandbox.url)).text();
    expect(page).toContain('Sandbox vendor');
    expect((await fetch(sandbox.url, { method: 'HEAD' })).status).toBe(200);
  });
});
