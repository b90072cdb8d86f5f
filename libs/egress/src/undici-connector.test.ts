import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Pool } from 'undici';
import { createUndiciConnector, type LookupFunction } from './index.js';

let met = 0;
const server = createServer((_, response) => response.end('ok')).on('connection', () => (met += 1));
let port = 0;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const toLoopback: LookupFunction = (_name, options, callback) =>
  options.all === true
    ? callback(null, [{ address: '127.0.0.1', family: 4 }])
    : callback(null, '127.0.0.1', 4);

async function ask(host: string, allowPrivateNetwork: boolean, lookup?: LookupFunction): Promise<string> {
  const connect = createUndiciConnector(allowPrivateNetwork, 1_000, lookup ? { lookup } : {});
  const pool = new Pool(`http://${host}:${port}`, { connect });
  try {
    return await (await pool.request({ path: '/', method: 'GET' })).body.text();
  } finally {
    await pool.destroy();
  }
}

test('a pool reaches a private network where that is allowed', async () => {
  await expect(ask('127.0.0.1', true)).resolves.toBe('ok');
  await expect(ask('llm.example', true, toLoopback)).resolves.toBe('ok');
});

test.each(['127.0.0.1', '[::1]', 'localhost'])('a pool does not connect to %s otherwise', async (host) => {
  met = 0;
  await expect(ask(host, false)).rejects.toMatchObject({ code: 'egress_refused' });
  expect(met).toBe(0);
});

test('nor to a name that resolves to a private address', async () => {
  met = 0;
  await expect(ask('llm.example', false, toLoopback)).rejects.toMatchObject({ code: 'egress_refused' });
  expect(met).toBe(0);
});
