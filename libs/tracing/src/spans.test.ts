import { readEnvironment, createLogger, defineError, TracingEnvironment } from '@muxgate/runtime';
import { SpanKind, trace } from '@opentelemetry/api';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCollector, type Collector } from '../../../test/support/collector.ts';
import {
  activeTraceId,
  attributesOfAddress,
  carriedTrace,
  inSpan,
  startTracing,
  type Tracing,
} from './index.ts';

const Refused = defineError('Refused', 'refused_by_test', 422);
let collector: Collector;
let tracing: Tracing | undefined;

it('without tracing, work runs as it is and nothing is carried', async () => {
  const answer = await inSpan('off', {}, async (span) => [
    span.isRecording(),
    carriedTrace(),
    activeTraceId(),
  ]);
  expect(answer).toEqual([false, undefined, undefined]);
});

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => trace.disable());

it('what is carried as text goes on in the same trace; an error is told by its code, never its message', async () => {
  const environment = readEnvironment(TracingEnvironment, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'named',
    OTEL_RESOURCE_ATTRIBUTES: 'team=a%20b',
  });
  tracing = await startTracing(environment, {
    service: 'worker',
    version: '1.2.3',
    registry: new Registry(),
    logger: createLogger('test', 'silent'),
  });
  let carried: string | undefined;
  let traceId: string | undefined;
  await inSpan('asked', { kind: SpanKind.PRODUCER }, async () => {
    await Promise.resolve();
    [carried, traceId] = [carriedTrace(), activeTraceId()];
  });
  const work = async (): Promise<void> => {
    expect(activeTraceId()).toBe(traceId);
    throw new Refused('canary');
  };
  await expect(inSpan('done', { kind: SpanKind.CONSUMER, carried }, work)).rejects.toThrow(Refused);
  await inSpan('unreadable', { carried: '{"traceparent":' }, async () => {
    expect(activeTraceId()).not.toBe(traceId);
  });
  expect(carriedTrace()).toBeUndefined();
  await tracing?.stop.run();
  const [asked, done, unreadable] = collector.spans;
  expect(asked).toMatchObject({ name: 'asked', kind: 'producer', traceId, parentId: '', failed: false });
  expect(done).toMatchObject({
    name: 'done',
    kind: 'consumer',
    traceId,
    parentId: asked?.spanId,
    failed: true,
  });
  expect(done?.attributes).toEqual({ 'error.type': 'refused_by_test' });
  expect(unreadable).toMatchObject({ name: 'unreadable', parentId: '' });
  expect(done?.resource).toMatchObject({
    'service.name': 'named',
    'service.version': '1.2.3',
    team: 'a b',
    'telemetry.sdk.language': 'nodejs',
  });
  expect(Buffer.concat(collector.received.map(({ body }) => body)).includes('canary')).toBe(false);
});

it.each([
  ['https://user:secret@vendor.example/a/b?c=d', 'vendor.example', 443],
  ['http://127.0.0.1:8080/x', '127.0.0.1', 8080],
  ['http://vendor.example', 'vendor.example', 80],
])('of an address, host and port alone are told (%s)', (url, host, port) => {
  expect(attributesOfAddress(new URL(url))).toEqual({ 'server.address': host, 'server.port': port });
});
