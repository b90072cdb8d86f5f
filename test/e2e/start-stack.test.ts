import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { startStack } from '../support/processes.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { eventually } from '../support/wait.ts';

describe('test support', () => {
  it('startStack runs every service, connected, and a killed one comes back by restart', async () => {
    const stack = await startStack({ tokenSeconds: 30 });
    const ask = async () => {
      const response = await fetch(`${stack.gateway.url}/v1/messages`, {
        method: 'POST',
        headers: {
          'x-api-key': stack.clientKey,
          'content-type': 'application/json',
          'anthropic-version': '2023-06-01',
        },
        body: '{"model":"claude-sandbox","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}',
      });
      return `${response.status} ${await response.text()}`;
    };
    await eventually(async () => expect(await ask()).toContain('"stop_reason"'));
    expect(await stack.admin('GET', '/api/oauth/tokens/sandbox')).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
    await stack.gateway.kill('SIGKILL');
    await stack.gateway.restart();
    await eventually(async () => expect(await ask()).toContain('"stop_reason"'));
    expect(await stack.worker.stop()).toBe(0);
  });

  it('startTcpProxy delays, stalls, cuts and refuses', async () => {
    const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const proxy = await startTcpProxy({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
    const get = async (timeoutMs = 5_000): Promise<string> => {
      // Not fetch: its pool connects again behind our back.
      const sent = request({
        port: proxy.port,
        host: '127.0.0.1',
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      });
      sent.end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return await text(response);
    };
    expect(await get()).toBe('ok');
    proxy.setLatency(100);
    const began = Date.now();
    expect(await get()).toBe('ok');
    expect(Date.now() - began).toBeGreaterThanOrEqual(198);
    proxy.setLatency(0);
    proxy.setMode('blackHole');
    await expect(get(200)).rejects.toThrow(/abort/i);
    // A stalled network hides a client's leaving too: the connection given up is still open here.
    proxy.cut();
    await eventually(() => proxy.open === 0);
    const stalled = get();
    await eventually(() => proxy.open === 1);
    proxy.cut();
    await expect(stalled).rejects.toThrow(/ECONNRESET|socket hang up/);
    proxy.setMode('refuse');
    await expect(get()).rejects.toThrow(/ECONNRESET|socket hang up/);
    proxy.setMode('pass');
    expect(await get()).toBe('ok');
    server.close();
  });
});
