import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  json,
  onTheWire,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type TestGateway,
} from './gateway.support.ts';

describe('garbage on the wire', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const redis = await startRedis();
    upstream = await startUpstream();
    gateway = await startGateway(redis.url, yamlFor(upstream.url), {
      tuning: { bodyDeadlineMs: 400, maxBodyBytes: 1_000_000, drainBytes: 3_000_000, drainMs: 500 },
    });
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.answer = json(200, { ok: true });
  });

  const head = (more = '', version = '1.1'): string =>
    `POST /v1/messages HTTP/${version}\r\nhost: gateway\r\nx-api-key: ${gateway.key}\r\n${more}\r\n`;
  const talk = (write: string | ((socket: Socket) => void), forMs?: number): Promise<string> =>
    onTheWire(gateway.port, typeof write === 'string' ? (socket) => socket.write(write) : write, forMs);
  const alive = async (): Promise<void> => {
    const answer = await post(`${gateway.url}/v1/messages`, '{"model":"m"}', { 'x-api-key': gateway.key });
    expect(answer.status).toBe(200);
  };

  it.each([
    ['noise', '\x00\x01\x02garbage\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a bad request line', 'POST /v1/messages HTTP/x\r\n\r\n'],
    [
      'two different lengths',
      'POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    ],
    [
      'a length and chunks',
      'POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header with a NUL', 'POST /v1/messages HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n'],
    ['a space before the colon', 'POST /v1/messages HTTP/1.1\r\nhost : a\r\n\r\n'],
    ['no host', 'POST /v1/messages HTTP/1.1\r\ncontent-length: 0\r\n\r\n'],
  ])('answers %s with one clean 400 and a close', async (_name, bytes) => {
    const answer = await talk((socket) => socket.write(Buffer.from(bytes, 'latin1')));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    await alive();
  });

  it('answers bad chunking with a 400 and a close', async () => {
    const answer = await talk(`${head('transfer-encoding: chunked\r\n')}5\r\n{"mod\r\nZZ\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.received).toHaveLength(0);
    await alive();
  });

  it('answers a body that the client cuts short', async () => {
    const answer = await talk((socket) => socket.end(`${head('content-length: 100\r\n')}{"model":"m"`));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.received).toHaveLength(0);
    await alive();
  });

  it('takes a client that closes its side after the request for one that has left', async () => {
    upstream.answer = () => undefined;
    const answer = await talk((socket) => socket.end(`${head('content-length: 13\r\n')}{"model":"m"}`));
    expect(answer).toBe('');
    await eventually(() => upstream.aborted > 0, 1_000);
  });

  it('gives up on a client that does not go on with its body, or its head', async () => {
    expect(await talk(`${head('content-length: 100\r\n')}{"model":`)).toMatch(/^HTTP\/1\.1 408 /);
    expect(await talk('POST /v1/messages HTTP/1.1\r\nhost: a\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('answers oversized headers with 431', async () => {
    const answer = await talk(
      `POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-big: ${'x'.repeat(100_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    await alive();
  });

  it('serves HTTP/1.0', async () => {
    const answer = await talk(`${head('content-length: 13\r\n', '1.0')}{"model":"m"}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.endsWith('{"ok":true}')).toBe(true);
  });

  it('answers pipelined requests in their order', async () => {
    upstream.answer = async (request, res) => {
      const { id } = JSON.parse(request.body.toString()) as { id: number };
      await delay(id === 1 ? 60 : 0);
      json(200, { id })(request, res);
    };
    const one = (id: number, more = ''): string =>
      `${head(`content-length: 20\r\n${more}`)}{"model":"m","id":${id}}`;
    const answer = await talk(one(1) + one(2) + one(3, 'connection: close\r\n'));
    expect([...answer.matchAll(/\{"id":(\d)\}/g)].map(([, id]) => id)).toEqual(['1', '2', '3']);
  });

  it('asks for the body of a request that expects 100-continue, but not if it is refused', async () => {
    const expecting = `content-length: 13\r\nexpect: 100-continue\r\nconnection: close\r\n`;
    const accepted = await talk((socket) => {
      socket.write(head(expecting));
      socket.once('data', () => socket.write('{"model":"m"}'));
    });
    expect(accepted).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    const refused = await talk(`POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-api-key: no\r\n${expecting}\r\n`);
    expect(refused).toMatch(/^HTTP\/1\.1 401 /);
    const tooLarge = await talk(head(`content-length: 9000000\r\nexpect: 100-continue\r\n`), 300);
    expect(tooLarge).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('lets a client read the 413 while it is still sending', async () => {
    const answer = await talk((socket) => {
      socket.write(head('content-length: 2500000\r\n'));
      const part = randomBytes(50_000);
      const more = async (): Promise<void> => {
        for (let i = 0; i < 50 && socket.writable; i++) {
          socket.write(part);
          await delay(2);
        }
      };
      void more();
    }, 1_000);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('request_too_large');
    await alive();
  });

  it('does not swallow an endless refused body', async () => {
    let sent = 0;
    const startedAt = Date.now();
    await talk((socket) => {
      socket.write(head('transfer-encoding: chunked\r\n'));
      const part = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const more = (): void => {
        while (socket.writable && socket.write(part)) sent += part.length;
        if (socket.writable) socket.once('drain', more);
      };
      more();
    }, 5_000);
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    expect(sent).toBeLessThan(20_000_000);
    await alive();
  });

  it('survives clients that vanish at every point', async () => {
    const request = `${head('content-length: 13\r\n')}{"model":"m"}`;
    for (let cut = 1; cut < request.length; cut += 9)
      await talk((socket) => {
        socket.write(request.slice(0, cut));
        setImmediate(() => socket.resetAndDestroy());
      }, 20);
    await expect(alive()).resolves.toBeUndefined();
  });
});
