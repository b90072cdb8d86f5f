import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Histogram, Registry } from 'prom-client';
import { Pool, type Dispatcher } from 'undici';

/**
 * The yardstick: what one would write in an afternoon. `node:http` in, undici `dispatch` out, nothing of
 * Muxgate, yet the same duties: client key by SHA-256, `JSON.parse` of the body to find the model, headers by
 * denylist, upstream credential, backpressure, usage from the answer, five observations of metrics.
 */
const [upstreamOrigin, clientKey] = process.argv.slice(2) as [string, string];
const pool = new Pool(upstreamOrigin, { connections: 256, pipelining: 1, keepAliveTimeout: 60_000 });
const clients = new Map([[hash('sha256', clientKey), 'bench']]);
const models = new Set(['bench-model', 'bench-translated']);
const registry = new Registry();
const registers = [registry];
const requests = new Counter({
  name: 'requests_total',
  help: 'requests',
  labelNames: ['model', 'status'],
  registers,
});
const duration = new Histogram({
  name: 'duration_seconds',
  help: 'duration',
  labelNames: ['model'],
  registers,
});
const firstByte = new Histogram({
  name: 'first_byte_seconds',
  help: 'first byte',
  labelNames: ['model'],
  registers,
});
const inputTokens = new Counter({
  name: 'input_tokens_total',
  help: 'input',
  labelNames: ['model'],
  registers,
});
const outputTokens = new Counter({
  name: 'output_tokens_total',
  help: 'output',
  labelNames: ['model'],
  registers,
});

const DENIED = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'x-api-key',
  'authorization',
  'cookie',
  'content-length',
]);

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => proxy(request, response, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
}).listen(0, '127.0.0.1', function (this: { address(): unknown }) {
  process.stdout.write(`listening ${(this.address() as AddressInfo).port}\n`);
});

function proxy(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const started = performance.now();
  const client = clients.get(hash('sha256', String(request.headers['x-api-key'])));
  const { model } = JSON.parse(body.toString()) as { model: string };
  if (client === undefined || !models.has(model)) {
    response.writeHead(401).end();
    return;
  }
  const headers: string[] = ['x-api-key', 'upstream-key', 'content-length', String(body.length)];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!;
    if (!DENIED.has(name.toLowerCase())) headers.push(name, request.rawHeaders[i + 1]!);
  }
  let usage: { input_tokens?: number; output_tokens?: number } | undefined;
  let status = 0;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart(controller, statusCode, responseHeaders) {
      status = statusCode;
      firstByte.observe({ model }, (performance.now() - started) / 1000);
      const out: Record<string, string | string[]> = {};
      for (const [name, value] of Object.entries(responseHeaders))
        if (!DENIED.has(name) && value !== undefined) out[name] = value;
      response.writeHead(statusCode, out);
      response.on('drain', () => controller.resume());
      response.on('close', () => {
        if (!response.writableFinished) controller.abort(new Error('client gone'));
      });
    },
    onResponseData(controller, chunk) {
      const at = chunk.lastIndexOf('"usage"');
      if (at !== -1) usage = usageAt(chunk, at) ?? usage;
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd() {
      response.end();
      requests.inc({ model, status });
      duration.observe({ model }, (performance.now() - started) / 1000);
      inputTokens.inc({ model }, usage?.input_tokens ?? 0);
      outputTokens.inc({ model }, usage?.output_tokens ?? 0);
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
  pool.dispatch({ method: 'POST', path: request.url!, headers, body }, handler);
}

function usageAt(chunk: Buffer, at: number): { input_tokens?: number; output_tokens?: number } | undefined {
  const open = chunk.indexOf('{', at);
  const close = chunk.indexOf('}', open);
  try {
    return JSON.parse(chunk.toString('latin1', open, close + 1)) as {
      input_tokens?: number;
      output_tokens?: number;
    };
  } catch {
    return undefined;
  }
}
process.on('SIGTERM', () => process.exit(0));
