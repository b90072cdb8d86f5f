import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { gzipSync } from 'node:zlib';
import { HttpService } from '@nestjs/axios';
import { USER_AGENT } from '@muxgate/runtime';
import { afterEach, expect, test } from 'vitest';
import { createOAuthHttp, type OAuthHttpOptions } from './index.js';

const started: Array<Server | TcpServer> = [];

afterEach(async () => {
  for (const server of started.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen<T extends Server | TcpServer>(server: T): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener));
const connections = (listener: (socket: Socket) => void): Promise<string> =>
  listen(createTcpServer((socket) => listener(socket.on('error', () => undefined).resume())));

const http = (options?: OAuthHttpOptions, allowPrivateNetwork = true) =>
  createOAuthHttp(new HttpService(), options)(allowPrivateNetwork);
const get = (url: string) => ({ url, method: 'GET' as const, headers: {} });
const post = (url: string) => ({
  url,
  method: 'POST' as const,
  headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic c2VjcmV0' },
  body: 'grant_type=refresh_token&refresh_token=r3fr3sh',
});

test('method, headers and body arrive as given, with our own User-Agent', async () => {
  const received: unknown[] = [];
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { authorization, 'content-type': type, 'user-agent': agent } = request.headers;
      received.push(request.method, request.url, authorization, type, agent, body);
      response.writeHead(200, { 'Content-Type': 'application/json', 'X-Two': ['a', 'b'] }).end('{"ok":true}');
    });
  });
  const answer = await http()(post(`${url}/token?x=1`));
  expect(received).toEqual([
    'POST',
    '/token?x=1',
    'Basic c2VjcmV0',
    'application/x-www-form-urlencoded',
    USER_AGENT,
    'grant_type=refresh_token&refresh_token=r3fr3sh',
  ]);
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json', 'x-two': 'a, b' },
  });
  expect(Buffer.from(answer.body).toString()).toBe('{"ok":true}');
});

test.each([400, 401, 429, 500, 503])('the status %i is an answer', async (status) => {
  const url = await serve((_, response) => response.writeHead(status).end('no'));
  await expect(http()(get(url))).resolves.toMatchObject({ status });
});

test.each([301, 302, 303, 307, 308])('a redirect (%i) is an answer and is not followed', async (status) => {
  const paths: unknown[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  await expect(http()(post(`${url}/token`))).resolves.toMatchObject({
    status,
    headers: { location: '/elsewhere' },
  });
  expect(paths).toEqual(['/token']);
});

test('T16 an answer of 1 MiB is taken, one byte more is not', async () => {
  const url = await serve((request, response) =>
    response.end(Buffer.alloc(1024 * 1024 + Number(request.url?.slice(1)))),
  );
  const answer = await http()(get(`${url}/0`));
  expect(answer.body.byteLength).toBe(1024 * 1024);
  await expect(http()(get(`${url}/1`))).rejects.toMatchObject({ code: 'response_too_large', sent: true });
});

test('a compressed answer is decompressed, and capped by what it becomes', async () => {
  const url = await serve((request, response) => {
    response
      .writeHead(200, { 'content-encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(Number(request.url?.slice(1)))));
  });
  expect((await http()(get(`${url}/1000`))).body.byteLength).toBe(1000);
  await expect(http()(get(`${url}/50000000`))).rejects.toMatchObject({
    code: 'response_too_large',
    sent: true,
  });
});

test('silence past the deadline is ambiguous', async () => {
  const url = await serve(() => undefined);
  await expect(http({ totalMs: 100 })(post(url))).rejects.toMatchObject({
    name: 'OAuthTransportError',
    code: 'deadline',
    sent: true,
  });
});

test('T16 a body that trickles does not outlast the deadline', async () => {
  const url = await serve((_, response) => {
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  });
  const begun = performance.now();
  await expect(http({ totalMs: 150 })(get(url))).rejects.toMatchObject({ code: 'deadline', sent: true });
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('the caller can give up', async () => {
  const url = await serve(() => undefined);
  const signal = AbortSignal.timeout(50);
  await expect(http()({ ...get(url), signal })).rejects.toMatchObject({ code: 'aborted', sent: true });
});

test('a refused connection has sent nothing', async () => {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  await expect(http()(post(url))).rejects.toMatchObject({ code: 'ECONNREFUSED', sent: false });
});

test('a name that cannot be resolved has sent nothing', async () => {
  const lookup: OAuthHttpOptions['lookup'] = (_name, _options, callback) =>
    callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), '');
  await expect(http({ lookup })(post('http://idp.example'))).rejects.toMatchObject({
    code: 'ENOTFOUND',
    sent: false,
  });
});

test('a name that never resolves ends with the connect timeout, and has sent nothing', async () => {
  const request = http({ lookup: () => undefined, connectMs: 50 })(post('http://idp.example'));
  await expect(request).rejects.toMatchObject({ code: 'connect_timeout', sent: false });
});

test('a TLS handshake that fails has sent nothing', async () => {
  const url = await connections((socket) => socket.end('this is not TLS'));
  await expect(http()(post(url.replace('http:', 'https:')))).rejects.toMatchObject({ sent: false });
});

test('a TLS handshake that hangs ends with the connect timeout, and has sent nothing', async () => {
  const url = await connections(() => undefined);
  const request = http({ connectMs: 50 })(post(url.replace('http:', 'https:')));
  await expect(request).rejects.toMatchObject({ code: 'connect_timeout', sent: false });
});

test('a connection cut after the request is ambiguous', async () => {
  const url = await connections((socket) => socket.once('data', () => socket.destroy()));
  await expect(http()(post(url))).rejects.toMatchObject({ code: 'ECONNRESET', sent: true });
});

test('a connection cut inside the answer is ambiguous', async () => {
  const url = await connections((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"access_token":')),
  );
  await expect(http()(post(url))).rejects.toMatchObject({ name: 'OAuthTransportError', sent: true });
});

test('nonsense instead of HTTP is ambiguous', async () => {
  const url = await connections((socket) => socket.once('data', () => socket.end('SSH-2.0-nonsense\r\n')));
  await expect(http()(post(url))).rejects.toMatchObject({ sent: true });
});

test.each(['127.0.0.1', 'localhost', '2130706433'])('%s is refused without a connection', async (host) => {
  let met = 0;
  const url = await connections(() => (met += 1));
  const refused = http({}, false)(post(url.replace('127.0.0.1', host)));
  await expect(refused).rejects.toMatchObject({ code: 'egress_refused', sent: false });
  expect(met).toBe(0);
});

test('a public name that resolves to a private address is refused without a connection', async () => {
  let met = 0;
  const url = await connections(() => (met += 1));
  const lookup: OAuthHttpOptions['lookup'] = (_name, options, callback) =>
    options.all === true
      ? callback(null, [{ address: '127.0.0.1', family: 4 }])
      : callback(null, '127.0.0.1', 4);
  const port = new URL(url).port;
  await expect(http({ lookup }, false)(post(`http://idp.example:${port}`))).rejects.toMatchObject({
    code: 'egress_refused',
    sent: false,
  });
  expect(met).toBe(0);
});

test('an error holds nothing of the request', async () => {
  const url = await connections((socket) => socket.once('data', () => socket.destroy()));
  const error: unknown = await http()(post(`${url}/?q=s3cr3t`)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  const seen = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error);
  expect(seen).not.toMatch(/r3fr3sh|c2VjcmV0|s3cr3t/);
});
