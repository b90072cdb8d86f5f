import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browse, postJson } from '../contract/sandbox-client.ts';
import { callGateway, succeeded } from '../support/calls.ts';
import { startCollector, type CollectedSpan, type Collector } from '../support/collector.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { sandboxProvider } from '../support/sandbox-provider.ts';
import { eventually } from '../support/wait.ts';

const CONFIG = `
version: 1
oauthProviders:
${sandboxProvider()}providers:
  - name: vendor
    protocol: anthropic-messages
    baseUrl: '\${MUXGATE_SANDBOX_URL}'
    auth: { type: oauth, credential: sandbox }
    allowPrivateNetwork: true
  - name: chat
    protocol: openai-chat
    baseUrl: '\${MUXGATE_SANDBOX_URL}/v1'
    auth: { type: oauth, credential: sandbox }
    allowPrivateNetwork: true
  - { name: gone, protocol: anthropic-messages, baseUrl: 'http://127.0.0.1:1', auth: { type: none }, allowPrivateNetwork: true }
models:
  - { name: claude-sandbox, targets: [{ provider: vendor, model: claude-sandbox-1 }] }
  - { name: translated, targets: [{ provider: chat, model: gpt-sandbox-1 }] }
  - name: two-targets
    targets:
      - { provider: gone, model: first-model, priority: 1 }
      - { provider: vendor, model: claude-sandbox-1, priority: 2 }
router: { default: claude-sandbox }
`;

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A client's own trace, as it says so in its request. */
function clientTrace() {
  const traceId = hex(16);
  const spanId = hex(8);
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'acme=t61' } };
}

interface LastRequests {
  readonly requests: { readonly path: string; readonly headers: Record<string, string> }[];
}

/** The head of the model request that the vendor saw last. */
async function lastUpstream(stack: RunningStack): Promise<Record<string, string>> {
  const answer = await fetch(`${stack.sandbox.url}/sandbox/requests/last`);
  const { requests } = (await answer.json()) as LastRequests;
  return requests.find(({ path }) => !path.startsWith('/sandbox'))?.headers ?? {};
}

describe('a stack whose environment names a collector', () => {
  let collector: Collector;
  let stack: RunningStack;
  const secrets: string[] = [];

  beforeAll(async () => {
    collector = await startCollector();
    const traced = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=muxgate%20test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=e2e',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
    const env = { gateway: traced, auth: traced, worker: traced };
    stack = await startStack({ config: CONFIG, tokenSeconds: 300, env });
    secrets.push(stack.clientKey, stack.adminToken);
  });
  afterAll(() => stack.stop());

  /** The spans of a trace once so many are there, by service and name. */
  async function trace(traceId: string, count: number): Promise<Map<string, CollectedSpan[]>> {
    const found = await eventually(() => {
      const spans = collector.spans.filter((span) => span.traceId === traceId);
      if (spans.length < count) throw new Error(`only ${spans.map(({ name }) => name).join(', ') || 'none'}`);
      return spans;
    });
    return Map.groupBy(found, ({ service, name }) => `${service}: ${name}`);
  }

  it.each([true, false])(
    'a request (stream: %s) belongs to the trace of its client, and upstream gets its attempt as parent',
    async (stream) => {
      const client = clientTrace();
      const answer = await callGateway(stack, { stream, headers: client.headers });
      expect(succeeded(answer)).toBe(true);
      const upstream = await lastUpstream(stack);
      const spans = await trace(client.traceId, 2);
      const [served] = spans.get('muxgate-gateway: POST /v1/messages') ?? [];
      const [attempt] = spans.get('muxgate-gateway: chat claude-sandbox-1') ?? [];
      expect(served).toMatchObject({
        kind: 'server',
        parentId: client.spanId,
        traceState: 'acme=t61',
        failed: false,
        attributes: {
          'http.request.method': 'POST',
          'http.route': '/v1/messages',
          'http.response.status_code': 200,
          'muxgate.request.id': answer.headers.get('x-request-id'),
          'muxgate.stream': stream,
          'muxgate.attempts': 1,
          'muxgate.model': 'claude-sandbox',
          'muxgate.provider': 'vendor',
          'muxgate.rule': 'default',
        },
        resource: { 'service.name': 'muxgate-gateway', 'deployment.environment.name': 'e2e' },
      });
      expect(attempt).toMatchObject({
        kind: 'client',
        parentId: served?.spanId,
        failed: false,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'vendor',
          'gen_ai.request.model': 'claude-sandbox-1',
          'gen_ai.request.stream': stream,
          'server.address': '127.0.0.1',
          'server.port': Number(new URL(stack.sandbox.url).port),
          'http.response.status_code': 200,
          'muxgate.credential.id': 'sandbox',
        },
      });
      const usage = usageOf(answer.text);
      expect(usage.output).toBeGreaterThan(0);
      expect(attempt?.attributes['gen_ai.usage.input_tokens']).toBe(usage.input);
      expect(attempt?.attributes['gen_ai.usage.output_tokens']).toBe(usage.output);
      expect(upstream['traceparent']).toBe(`00-${client.traceId}-${attempt?.spanId}-01`);
      expect(upstream['tracestate']).toBe('acme=t61');
      const line = stack.gateway.logs.find((text) => text.includes(client.traceId));
      expect(JSON.parse(line ?? '{}')).toMatchObject({ msg: 'request', trace_id: client.traceId });
    },
  );

  it('a translated request is traced the same', async () => {
    const client = clientTrace();
    expect(succeeded(await callGateway(stack, { model: 'translated', headers: client.headers }))).toBe(true);
    const upstream = await lastUpstream(stack);
    const [attempt] = (await trace(client.traceId, 2)).get('muxgate-gateway: chat gpt-sandbox-1') ?? [];
    expect(attempt?.attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(attempt?.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
    expect(upstream['traceparent']).toBe(`00-${client.traceId}-${attempt?.spanId}-01`);
  });

  it('a target that takes over has an attempt of its own beside the one that failed', async () => {
    const client = clientTrace();
    expect(succeeded(await callGateway(stack, { model: 'two-targets', headers: client.headers }))).toBe(true);
    const spans = await trace(client.traceId, 3);
    const [served] = spans.get('muxgate-gateway: POST /v1/messages') ?? [];
    const [first] = spans.get('muxgate-gateway: chat first-model') ?? [];
    const [second] = spans.get('muxgate-gateway: chat claude-sandbox-1') ?? [];
    expect(served).toMatchObject({ failed: false, attributes: { 'muxgate.attempts': 2 } });
    expect(first).toMatchObject({
      failed: true,
      parentId: served?.spanId,
      attributes: { 'muxgate.attempt': 1 },
    });
    expect(first?.attributes['error.type']).toMatch(/^upstream_/);
    expect(first?.attributes).not.toHaveProperty('gen_ai.usage.output_tokens');
    expect(second).toMatchObject({
      failed: false,
      parentId: served?.spanId,
      attributes: { 'muxgate.attempt': 2 },
    });
  });

  it('what the sampler of a client has left out is not recorded, and upstream is told so', async () => {
    const { traceId, spanId } = clientTrace();
    await callGateway(stack, { headers: { traceparent: `00-${traceId}-${spanId}-00` } });
    expect((await lastUpstream(stack))['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    await delay(500);
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  it("a refresh that an operator asks for is in the trace of the operator's call", async () => {
    const client = clientTrace();
    const answer = await fetch(`${stack.auth.url}/api/oauth/tokens/sandbox/refresh`, {
      method: 'POST',
      headers: { ...client.headers, authorization: `Bearer ${stack.adminToken}` },
    });
    expect(answer.status).toBe(200);
    const spans = await trace(client.traceId, 4);
    const [served] = spans.get('muxgate-auth: POST /api/oauth/tokens/:credential/refresh') ?? [];
    expectChain(spans, 'muxgate-auth', served);
  });

  it('a refresh that a refused token asks for is in the trace of the request, through the queue to the vendor', async () => {
    await stack.connect(); // one may be forced once a minute; a new grant may be at once
    await postJson(`${stack.sandbox.url}/sandbox/access-tokens/revoke`, {});
    const client = clientTrace();
    expect(succeeded(await callGateway(stack, { headers: client.headers }))).toBe(true);
    const spans = await trace(client.traceId, 6);
    const [served] = spans.get('muxgate-gateway: POST /v1/messages') ?? [];
    const attempts = spans.get('muxgate-gateway: chat claude-sandbox-1') ?? [];
    expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([401, 200]);
    expectChain(spans, 'muxgate-gateway', served);
  });

  it('the exchange of a code is below the return of the browser', async () => {
    const { body } = await stack.admin('POST', '/api/oauth/authorize', { provider: 'sandbox' });
    const { url, state } = body as { url: string; state: string };
    const redirect = await browse(url, `${stack.auth.url}/api/oauth/callback`);
    secrets.push(state, redirect.searchParams.get('code') ?? '');
    const client = clientTrace();
    expect((await fetch(redirect, { headers: client.headers })).status).toBe(200);
    const spans = await trace(client.traceId, 2);
    const [served] = spans.get('muxgate-auth: GET /api/oauth/callback') ?? [];
    const [token] = spans.get('muxgate-auth: oauth token') ?? [];
    expect(served).toMatchObject({ kind: 'server', parentId: client.spanId });
    expect(token).toMatchObject({
      kind: 'client',
      parentId: served?.spanId,
      attributes: { 'http.response.status_code': 200, 'muxgate.oauth.provider': 'sandbox' },
    });
  });

  it('nothing of bodies, queries, headers or credentials is exported', async () => {
    const canaries = {
      text: 'canary-of-the-prompt',
      query: 'canary-of-the-query',
      header: 'canary-of-a-header',
      model: 'canary-of-a-model',
      answer: 'canary-of-the-answer',
    };
    const client = clientTrace();
    const call = async (change: { headers?: Record<string, string>; body?: object }): Promise<string> => {
      const answer = await fetch(`${stack.gateway.url}/v1/messages?beta=${canaries.query}`, {
        method: 'POST',
        headers: {
          ...client.headers,
          'x-api-key': stack.clientKey,
          'content-type': 'application/json',
          'anthropic-version': '2023-06-01',
          'x-canary': canaries.header,
          'user-agent': canaries.header,
          'x-sandbox-text': canaries.answer,
          ...change.headers,
        },
        body: JSON.stringify({
          model: 'claude-sandbox',
          max_tokens: 50,
          stream: true,
          metadata: { user_id: canaries.text },
          messages: [{ role: 'user', content: canaries.text }],
          ...change.body,
        }),
      });
      return answer.text();
    };
    const answers = await Promise.all([
      call({ body: { stream: false } }),
      call({}),
      call({ headers: { 'x-sandbox-status': '400' } }),
      call({ headers: { 'x-sandbox-fail': 'mid-stream-error' } }),
      call({ headers: { 'x-sandbox-fail': 'html' } }),
      call({ body: { model: canaries.model } }),
    ]);
    expect(answers[0]).toContain(canaries.answer);
    expect(answers[5]).toContain(canaries.model);
    const unknown = 'mxg_unknownkeyofsomebodyelse0123456789abcdefghij';
    await callGateway({ ...stack, clientKey: unknown }, { headers: client.headers });
    await stack.admin('GET', `/api/audit?actor=${canaries.query}`);
    await stack.admin('POST', `/api/oauth/tokens/${canaries.header}/refresh`);
    await trace(client.traceId, 12);
    await delay(500);
    const exported = Buffer.concat(collector.received.map(({ body }) => body)).toString('latin1');
    expect(exported).toContain('gen_ai.request.model');
    const unwanted = [...Object.values(canaries), ...secrets, unknown];
    expect(unwanted.filter((secret) => secret.length < 12 || exported.includes(secret))).toEqual([]);
    for (const { headers } of collector.received) expect(headers['x-tenant']).toBe('muxgate test');
    expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
  });

  it('counts what was exported', async () => {
    for (const { managementUrl } of [stack.gateway, stack.auth, stack.worker]) {
      const metrics = await (await fetch(`${managementUrl}/metrics`)).text();
      expect(metrics).toMatch(/muxgate_trace_spans_total\{outcome="exported"\} [1-9]/);
      expect(metrics).not.toMatch(/muxgate_trace_spans_total\{outcome="(failed|dropped)"\}/);
    }
  });

  it.each(['slow', 'dead', 'refusing'])(
    'a %s collector costs no request, keeps no memory, and the end of the process waits 3 s for it at most',
    async (fault) => {
      const other = await startCollector();
      other.behaviour = fault === 'refusing' ? { delayMs: 0, status: 400 } : { delayMs: 60_000, status: 200 };
      const gateway = await stack.another('gateway', {
        OTEL_EXPORTER_OTLP_ENDPOINT: fault === 'dead' ? 'http://127.0.0.1:1' : other.url,
        OTEL_BSP_MAX_QUEUE_SIZE: '10',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5',
      });
      for (let round = 0; round < 5; round++) {
        const calls = Array.from({ length: 10 }, () => callGateway({ ...stack, gateway }));
        expect((await Promise.all(calls)).filter((result) => !succeeded(result))).toEqual([]);
      }
      await eventually(async () => {
        const metrics = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
        const lost = fault === 'refusing' ? 'failed' : '(failed|dropped)';
        return new RegExp(`muxgate_trace_spans_total\\{outcome="${lost}"\\} [1-9]`).test(metrics);
      });
      const before = performance.now();
      expect(await gateway.stop()).toBe(0);
      // one second of grace for load balancers, half a second for the last connection, three for the spans
      expect(performance.now() - before).toBeLessThan(6_000);
    },
  );
});

describe('a stack whose environment names no collector', () => {
  it.each([
    ['', 0],
    ['http://127.0.0.1:1', 1],
  ])('a process loads the SDK only for a collector (%j)', async (collector, loaded) => {
    const program = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { readEnvironment, TracingEnvironment, createLogger } = await import('./dist/libs/runtime/src/index.js');
      const { startTracing } = await import('./dist/libs/tracing/src/index.js');
      const { createRegistry } = await import('./dist/libs/runtime/src/index.js');
      const environment = readEnvironment(TracingEnvironment, { OTEL_EXPORTER_OTLP_ENDPOINT: '${collector}' });
      await startTracing(environment, {
        service: 'gateway', version: '1', registry: createRegistry('gateway', '1'), logger: createLogger('gateway', 'silent'),
      });
      process.stdout.write(String(loaded.some((url) => url.includes('@opentelemetry/sdk-trace/')) ? 1 : 0));
      process.exit(0);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(Number(stdout)).toBe(loaded);
  });

  it.each([{}, { OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])(
    'exports nothing, and leaves the trace headers of clients as they are (%j)',
    async (off) => {
      const collector = await startCollector();
      const named = Object.keys(off).length === 0 ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
      const variables = { ...named, ...off, OTEL_BSP_SCHEDULE_DELAY: '50' };
      const stack = await startStack({ config: CONFIG, env: { gateway: variables, auth: variables } });
      const client = clientTrace();
      expect(succeeded(await callGateway(stack, { headers: client.headers }))).toBe(true);
      expect(await lastUpstream(stack)).toMatchObject(client.headers);
      await delay(300);
      const metrics = await (await fetch(`${stack.gateway.managementUrl}/metrics`)).text();
      expect(metrics).not.toContain('muxgate_trace_spans_total');
      await stack.stop();
      expect(collector.received).toEqual([]);
    },
  );
});

/** From whoever asked, over the queue and the worker, to the vendor's token endpoint. */
function expectChain(
  spans: Map<string, CollectedSpan[]>,
  asking: string,
  served: CollectedSpan | undefined,
): void {
  const [sent] = spans.get(`${asking}: send refresh`) ?? [];
  const [processed] = spans.get('muxgate-worker: process refresh') ?? [];
  const [token] = spans.get('muxgate-worker: oauth token') ?? [];
  expect(served?.kind).toBe('server');
  expect(sent).toMatchObject({ kind: 'producer', parentId: served?.spanId });
  expect(processed).toMatchObject({
    kind: 'consumer',
    parentId: sent?.spanId,
    attributes: { 'muxgate.credential.id': 'sandbox', 'muxgate.refresh.outcome': 'refreshed' },
  });
  expect(token).toMatchObject({ kind: 'client', parentId: processed?.spanId, failed: false });
}

/** What the vendor counted, of an answer as JSON or as events. */
function usageOf(text: string): { input: number; output: number } {
  const last = (name: string): number =>
    Number([...text.matchAll(new RegExp(`"${name}":\\s*(\\d+)`, 'g'))].at(-1)?.[1] ?? 0);
  return {
    input: last('input_tokens') + last('cache_read_input_tokens') + last('cache_creation_input_tokens'),
    output: last('output_tokens'),
  };
}
